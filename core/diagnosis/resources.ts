import type { Diagnosis } from '../failure.ts';
import type { ResourceFacts } from '../observation.ts';

/** Below or above these, recovery would only make things worse: a person is called. */
export const RESOURCE_LIMITS = {
  diskFreeBytes: 1_000_000_000,
  memoryUsedRatio: 0.9,
  descriptorsUsedRatio: 0.8,
} as const;

export function diagnoseResources(facts: ResourceFacts): Diagnosis | null {
  const evidence = [
    facts.diskFreeBytes < RESOURCE_LIMITS.diskFreeBytes &&
      `only ${megabytes(facts.diskFreeBytes)} MB of disk are free${at(facts.diskFolder)}`,
    facts.memoryUsedRatio > RESOURCE_LIMITS.memoryUsedRatio &&
      `${percent(facts.memoryUsedRatio)} of the memory${of(facts.memoryOf)} is in use`,
    facts.descriptorsUsedRatio > RESOURCE_LIMITS.descriptorsUsedRatio &&
      `${percent(facts.descriptorsUsedRatio)} of the file descriptors${of(facts.descriptorsOf)} are in use`,
  ].filter((sentence) => sentence !== false);
  return evidence.length === 0
    ? null
    : { component: 'environment', role: 'environment', failure: 'resource_exhausted', evidence };
}

const at = (folder: string | undefined) => (folder === undefined ? '' : ` at ${folder}`);
const of = (owner: string | undefined) => (owner === undefined ? '' : ` of ${owner}`);
const megabytes = (bytes: number) => Math.round(bytes / 1_000_000);
const percent = (ratio: number) => `${Math.round(ratio * 100)} %`;
