import type { Clock } from './clock.ts';

/** A run whose worker has died so often with it in hand is suspected of it. */
export const SUSPECT_CLAIMS = 3;
/** A suspect that has done no harm for so long makes room for the next. */
const HARMLESS_MS = 10_000;

/**
 * Lets runs that may be what ends their worker to work one after the other: should it end again, there is one whose
 * fault it can have been, and nobody else is given up for it.
 */
export interface Suspects {
  /** Whether it may be worked on now. If not, it is called when its turn comes. */
  admits(runId: string): boolean;
  /** Its attempt has ended. */
  over(runId: string): void;
}

export function openSuspects(clock: Clock, call: (runId: string) => void): Suspects {
  const waiting = new Set<string>();
  let atWork: { runId: string; callOff: () => void } | null = null;

  const next = () => {
    atWork?.callOff();
    atWork = null;
    const [first] = waiting;
    if (first === undefined) return;
    waiting.delete(first);
    call(first);
  };

  return {
    admits(runId) {
      if (atWork !== null && atWork.runId !== runId) {
        waiting.add(runId);
        return false;
      }
      atWork?.callOff();
      atWork = { runId, callOff: clock.after(HARMLESS_MS, next) };
      return true;
    },
    over(runId) {
      if (atWork?.runId === runId) next();
    },
  };
}
