/** Milliseconds since the epoch, finer than `Date.now()`, and comparable with the times that Davylamp tells. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** The middle value; of an even number the lower one of the two in the middle, so that it is one that was measured. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
