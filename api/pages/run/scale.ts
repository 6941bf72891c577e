import { isFrame, type Row, type Span } from './rows.ts';

/** Where a moment lies on the axis, from 0 to 100. */
export type Scale = (at: number) => number;

/** What is only waited may take this part of what is worked: a retry after a minute must not squeeze the rest. */
const WAIT_SHARE_MAX = 0.3;
const WAIT_MS_MAX_AT_LEAST = 600;

/**
 * An axis on which work has its true length, and long waits are cut short: what each of them lasts is written beside
 * it. All of the rows' spans are on it.
 */
export function scaleOf(rows: readonly Row[]): Scale {
  const work = merged(rows.flatMap((row) => (row.work && !isFrame(row) ? [row.work] : [])));
  const all = rows.flatMap((row) => [row.work, row.wait].filter((span) => span !== null));
  const start = Math.min(...all.map(({ from }) => from));
  const end = Math.max(...all.map(({ to }) => to));
  if (all.length === 0 || end <= start) return () => 0;
  const worked = work.reduce((sum, { from, to }) => sum + to - from, 0);
  const waitMax = Math.max(WAIT_MS_MAX_AT_LEAST, worked * WAIT_SHARE_MAX);
  const pieces = piecesOf({ from: start, to: end }, work, waitMax);
  const length = pieces.reduce((sum, piece) => sum + piece.shown, 0);
  return (at) => {
    let before = 0;
    for (const { from, to, shown } of pieces) {
      if (at <= to)
        return (100 * (before + (shown * Math.max(0, at - from)) / Math.max(1, to - from))) / length;
      before += shown;
    }
    return 100;
  };
}

function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((one, other) => one.from - other.from)) {
    const last = result.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else result.push({ ...span });
  }
  return result;
}

type Piece = Span & { shown: number };

/** Work and the waits around it, in turn, each with the length that it gets on the axis. */
function piecesOf(whole: Span, work: readonly Span[], waitMax: number): Piece[] {
  const pieces: Piece[] = [];
  const wait = (from: number, to: number) => {
    if (to > from) pieces.push({ from, to, shown: Math.min(to - from, waitMax) });
  };
  let at = whole.from;
  for (const span of work) {
    wait(at, span.from);
    pieces.push({ ...span, shown: span.to - span.from });
    at = span.to;
  }
  wait(at, whole.to);
  return pieces;
}
