const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const HEALTHY_MS = 30_000;

/** Failures in a row, of which a long healthy life makes the next one the first again. */
export function failuresAfter(failures: number, healthyMs: number): number {
  return healthyMs >= HEALTHY_MS ? 1 : failures + 1;
}

/** How long to wait before the start that follows that many failures in a row: 0.1 s, doubled up to 5 s. */
export function restartPauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);
}
