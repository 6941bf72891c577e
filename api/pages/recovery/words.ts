import { duration } from '../../../core/words/text.ts';

/** `93 %`; a dash where there is nothing to tell. */
export function percent(rate: number | null): string {
  return rate === null ? '–' : `${Math.round(rate * 100)} %`;
}

/** As `duration` writes it; a dash where there is nothing to tell. */
export function durationOrNone(ms: number | null): string {
  return ms === null ? '–' : duration(ms);
}
