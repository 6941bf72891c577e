import type { FailureType } from '../../../core/failure.ts';

/** Diagnoses of the first miner. Its owner may have named it: `*` stands for that name. */
export function minerNamed(...failures: readonly FailureType[]): string[] {
  return failures.map((failure) => `*:${failure}`);
}
