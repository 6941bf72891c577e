import { scaleLog } from 'd3-scale';

export interface DurationScale {
  /** From the bottom up. */
  ticks: { ms: number; word: string; y: number }[];
  y(ms: number): number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const ROUND: readonly [number, string][] = [
  [1, '1 ms'],
  [10, '10 ms'],
  [100, '100 ms'],
  [SECOND, '1 s'],
  [10 * SECOND, '10 s'],
  [MINUTE, '1 min'],
  [10 * MINUTE, '10 min'],
  [HOUR, '1 h'],
  [10 * HOUR, '10 h'],
  [100 * HOUR, '100 h'],
  [1_000 * HOUR, '1000 h'],
];

/** Durations from milliseconds to hours on one axis, each round one at the same distance as its neighbours. */
export function durationScale(values: readonly number[], height: number): DurationScale {
  const above = ROUND.findIndex(([ms]) => ms > Math.min(...values));
  const last = ROUND.findIndex(([ms]) => ms >= Math.max(...values));
  const from = Math.max(0, above - 1);
  const to = Math.max(from + 1, last === -1 ? ROUND.length - 1 : last);
  const shown = ROUND.slice(from, to + 1);
  const places = shown.map((_, index) => height - (index * height) / (shown.length - 1));
  const scale = scaleLog(
    shown.map(([ms]) => ms),
    places,
  ).clamp(true);
  return {
    y: (ms) => scale(Math.max(1, ms)),
    ticks: shown.map(([ms, word], index) => ({ ms, word, y: places[index] ?? 0 })),
  };
}
