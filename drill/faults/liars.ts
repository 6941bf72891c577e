import type { Scene, Theatre } from '../fault.ts';
import type { Liars } from '../liar/control.ts';

export function needsLiars({ liars }: Theatre): string | null {
  return liars ? null : 'no liar stands in the middle of this stack';
}

export function liarOf({ liars }: Scene): Liars {
  if (!liars) throw new RangeError('this stack has no liars');
  return liars;
}
