import type { Log } from './log.ts';

/** Counts the pool's verdicts and reports each in minerd's words. */
export interface Tally {
  accepted(): void;
  rejected(reason: string): void;
}

/** A tally at zero; `hashesPerSecond` is asked at each report. */
export function createTally(log: Log, hashesPerSecond: () => number): Tally {
  let accepted = 0;
  let total = 0;
  const report = (cheer: string) => {
    const percentage = ((100 * accepted) / total).toFixed(2);
    const rate = (hashesPerSecond() / 1000).toFixed(2);
    log(`accepted: ${accepted}/${total} (${percentage}%), ${rate} khash/s ${cheer}`);
  };
  return {
    accepted() {
      accepted += 1;
      total += 1;
      report('(yay!!!)');
    },
    rejected(reason) {
      total += 1;
      report('(booooo)');
      log(`DEBUG: reject reason: ${reason}`);
    },
  };
}
