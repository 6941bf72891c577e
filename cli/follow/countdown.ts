import type { RunView } from '../client/run-view.ts';

/** Seconds left at which a wait is spoken of, beside its beginning and every full half minute. */
const MARKS_SECONDS = [20, 10, 5, 3, 2, 1];
const REPEAT_SECONDS = 30;

/** What was said last of a wait. */
export interface Announced {
  nextAttemptAt: string;
  seconds: number;
}

/**
 * What to say now of the wait for the next recovery attempt, if anything, and what to remember of it.
 * `nowMs` is the time of this machine.
 */
export function countdown(
  run: Pick<RunView, 'status' | 'nextAttemptAt'>,
  announced: Announced | null,
  nowMs: number,
): { text: string | null; announced: Announced | null } {
  const { status, nextAttemptAt } = run;
  if (status !== 'waiting_retry' || !nextAttemptAt) return { text: null, announced: null };
  const seconds = Math.ceil((Date.parse(nextAttemptAt) - nowMs) / 1000);
  if (seconds <= 0) return { text: null, announced };
  const begins = announced?.nextAttemptAt !== nextAttemptAt;
  if (!begins && !passesMark(announced.seconds, seconds)) return { text: null, announced };
  return { text: `next recovery attempt in ${seconds} s`, announced: { nextAttemptAt, seconds } };
}

function passesMark(fromSeconds: number, toSeconds: number): boolean {
  const crosses = (mark: number) => toSeconds <= mark && mark < fromSeconds;
  return (
    MARKS_SECONDS.some(crosses) ||
    Math.ceil(fromSeconds / REPEAT_SECONDS) > Math.ceil(toSeconds / REPEAT_SECONDS)
  );
}
