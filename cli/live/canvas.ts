import type { Paint } from '../terminal/paint.ts';
import type { Symbols } from './symbols.ts';

/** What a picture of a run is drawn with. */
export interface Canvas {
  paint: Paint;
  symbols: Symbols;
  columns: number;
  rows: number;
  /** The time of this machine. */
  nowMs: number;
  /** Counts up with each picture. */
  frame: number;
}

export function spinner({ symbols, frame, paint }: Canvas): string {
  return paint.active(symbols.spinner[frame % symbols.spinner.length] ?? '');
}

/** How long ago that was, by the clock of this machine, in ms; never negative. */
export function sinceMs(instant: string, { nowMs }: Canvas): number {
  return Math.max(0, nowMs - Date.parse(instant));
}
