import { type Diagnosis, mayPass } from '../../core/failure.ts';
import type { Trouble } from './heart.ts';

/** How long a finding that may pass by itself must last, where no heartbeat speaks for it. */
const LASTING_MS = 1_500;

/** Keeps the watch from repairing what only looked broken: one look may fall between a new tip and the job on it. */
export interface Doubt {
  isSure(diagnoses: readonly Diagnosis[], troubles: ReadonlyMap<string, Trouble>): boolean;
}

export function openDoubt(): Doubt {
  let suspected: { root: string; since: number } | null = null;
  return {
    isSure(diagnoses, troubles) {
      const [root] = diagnoses;
      if (!root) {
        suspected = null;
        return false;
      }
      if (diagnoses.some((one) => !mayPass(one.failure) || troubles.has(one.component))) return true;
      const name = `${root.component}:${root.failure}`;
      if (suspected?.root !== name) suspected = { root: name, since: performance.now() };
      return performance.now() - suspected.since >= LASTING_MS;
    },
  };
}
