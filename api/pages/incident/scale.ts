import { scaleUtc } from 'd3-scale';
import type { Span } from '../run/rows.ts';

/** The time of an incident, to scale. */
export interface TimeAxis {
  /** Where a span lies, from 0 to 100; what is too short to be seen is drawn as short as can be. */
  place(span: Span): { x: number; width: number };
  ticks: { x: number; word: string }[];
}

const TICKS = 5;
const SHARE_MIN = 0.3;

/** From the failure on, as far as anything is known. */
export function timeAxis(spans: readonly Span[]): TimeAxis {
  const start = Math.min(...spans.map(({ from }) => from));
  const end = Math.max(start + 1, ...spans.map(({ to }) => to));
  // Of the time that has passed: one second is a round one whenever the failure was.
  const scale = scaleUtc([0, end - start], [0, 100]);
  return {
    place({ from, to }) {
      const x = scale(from - start);
      const width = Math.max(SHARE_MIN, scale(to - start) - x);
      return { x: Math.min(x, 100 - width), width };
    },
    ticks: scale.ticks(TICKS).map((at) => ({ x: scale(at), word: passed(at.getTime()) })),
  };
}

/** `200 ms`, `5 s`, `1 min 30 s`: ticks stand on round ones. */
function passed(ms: number): string {
  if (ms < 1_000) return ms === 0 ? '0' : `${ms} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  if (minutes >= 60)
    return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
}
