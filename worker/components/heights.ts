import { type Member, markerOf } from './stack.ts';

/** The highest height that was seen of each daemon since this worker started, by marker. */
const heights = new Map<string, number>();
/** How many chains of each daemon were wiped since then, by marker. */
const wiped = new Map<string, number>();

/** Which of its chains a daemon has, one after another: what was seen of one says nothing of the next. */
export function chainOf(member: Member): number {
  return wiped.get(markerOf(member)) ?? 0;
}

/**
 * Remembers a height between two full looks, which are what Postgres learns of: a daemon that is killed loses the
 * blocks that it had not written yet, and only who knew of them can have them restored.
 * @param chain what {@link chainOf} told before the daemon was asked
 */
export function noteHeight(member: Member, height: number, chain: number): void {
  if (chain === chainOf(member)) heights.set(markerOf(member), Math.max(height, notedHeight(member)));
}

export function notedHeight(member: Member): number {
  return heights.get(markerOf(member)) ?? 0;
}

/** Its chain begins anew. */
export function forgetHeight(member: Member): void {
  heights.delete(markerOf(member));
  wiped.set(markerOf(member), chainOf(member) + 1);
}
