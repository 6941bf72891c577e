import { duration } from '../../../core/words/text.ts';

/** How long something took, as `duration` writes it. */
export function took(from: Date, to: Date): string {
  return duration(Math.max(0, to.getTime() - from.getTime()));
}
