import { type Diagnosis, isTransient } from '../../core/failure.ts';
import type { Trouble } from './heartbeat.ts';

/** How long a finding that may pass by itself must last, where no probe confirms it. */
const CONFIRMED_AFTER_MS = 1_500;

/**
 * Keeps the watch from repairing what only looked broken, as a debounce does: one look may fall between a new tip and
 * the job on it.
 */
export interface Confirmation {
  isConfirmed(diagnoses: readonly Diagnosis[], troubles: ReadonlyMap<string, Trouble>): boolean;
}

export function openConfirmation(): Confirmation {
  let suspected: { root: string; since: number } | null = null;
  return {
    isConfirmed(diagnoses, troubles) {
      const [root] = diagnoses;
      if (!root) {
        suspected = null;
        return false;
      }
      if (diagnoses.some((one) => !isTransient(one.failure) || troubles.has(one.component))) return true;
      const name = `${root.component}:${root.failure}`;
      if (suspected?.root !== name) suspected = { root: name, since: performance.now() };
      return performance.now() - suspected.since >= CONFIRMED_AFTER_MS;
    },
  };
}
