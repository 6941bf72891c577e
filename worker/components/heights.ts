import { type Member, markerOf } from './stack.ts';

/** The highest height that was seen of each daemon since this worker started, by marker. */
const heights = new Map<string, number>();

/**
 * Remembers a height between two full looks, which are what Postgres learns of: a daemon that is killed loses the
 * blocks that it had not written yet, and only who knew of them can have them restored.
 */
export function noteHeight(member: Member, height: number): void {
  heights.set(markerOf(member), Math.max(height, notedHeight(member)));
}

export function notedHeight(member: Member): number {
  return heights.get(markerOf(member)) ?? 0;
}

/** Its chain begins anew. */
export function forgetHeight(member: Member): void {
  heights.delete(markerOf(member));
}
