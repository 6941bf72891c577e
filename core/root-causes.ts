import { type Diagnosis, describeDiagnosis, type FailureType } from './failure.ts';
import { allFacts, type Observation, type ProcessFact } from './observation.ts';
import type { Gravity } from './run.ts';

/** What a component shows because one that it depends on is broken, but for a process that is stopped or gone. */
const SYMPTOMS: Record<Diagnosis['role'], ReadonlySet<FailureType>> = {
  environment: new Set(),
  daemon: new Set(['no_peers', 'warming_up']),
  pool: new Set([
    'daemon_lost',
    'stale_work',
    'stratum_deaf',
    'stratum_not_listening',
    'stratum_unreachable',
    'rpc_unauthorized',
    'unknown',
  ]),
  miner: new Set(['pool_unreachable', 'unauthorized', 'high_rejects', 'no_shares', 'unknown']),
};

/**
 * The findings that no other one explains, in their order: what is to be repaired. A cause and its symptoms are
 * one failure; several causes at once are failures that have nothing to do with each other.
 */
export function rootCauses(found: readonly Diagnosis[], observation: Observation): Diagnosis[] {
  const exhausted = found.filter(({ failure }) => failure === 'resource_exhausted');
  // What lacks memory, disk or descriptors fails in every way that there is.
  if (exhausted.length > 0) return exhausted;
  const processes = new Map(allFacts(observation).map(({ component, process }) => [component, process]));
  const isPeer = (component: string) =>
    observation.daemons.some((daemon) => daemon.component === component && daemon.peer);
  const floor = ({ role, component }: Diagnosis) =>
    role === 'environment' ? 0 : role === 'daemon' ? (isPeer(component) ? 1 : 2) : role === 'pool' ? 3 : 4;
  return found.filter((finding) => {
    const isBased = found.some((other) => floor(other) < floor(finding));
    return !isBased || !isSymptom(finding, processes.get(finding.component));
  });
}

function isSymptom({ role, failure }: Diagnosis, process: ProcessFact | undefined): boolean {
  if (process?.state === 'frozen') return false;
  // Some pools and miners end in good order when what they need does not answer; daemons never do.
  if (process?.state === 'down') return role !== 'daemon' && process.exit?.exitCode === 0;
  return SYMPTOMS[role].has(failure);
}

/** What an incident is filed under: its only root cause, or that there are several; `null` where nothing is wrong. */
export function summarized(causes: readonly Diagnosis[]): Diagnosis | null {
  const [first, ...others] = causes;
  if (!first || others.length === 0) return first ?? null;
  const moments = causes.flatMap(({ occurredAt }) => occurredAt ?? []).sort();
  return {
    component: 'environment',
    role: 'environment',
    failure: 'cascading',
    evidence: causes.map(describeDiagnosis),
    ...(moments[0] !== undefined && { occurredAt: moments[0] }),
  };
}

/** Corruption and data loss are repaired, but not shrugged off where that fails. */
const CRITICAL: ReadonlySet<FailureType> = new Set(['data_corrupt', 'chain_rolled_back']);

/** What makes these causes graver than any that is tried as often; `null` where nothing does. */
export function gravityOf(causes: readonly Diagnosis[]): Gravity | null {
  if (causes.length > 1) return 'cascading_failure';
  return causes.some(({ failure }) => CRITICAL.has(failure)) ? 'critical_error' : null;
}
