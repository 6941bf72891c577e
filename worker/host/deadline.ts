import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';

/** Something awaited did not come in time. The message says what, how long, and why not yet. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly what: string;
  readonly timeoutMs: number;
  readonly lastReason: string | null;

  constructor(what: string, timeoutMs: number, lastReason: string | null = null) {
    super(`${what}: not within ${timeoutMs} ms${lastReason === null ? '' : ` (${lastReason})`}`);
    this.what = what;
    this.timeoutMs = timeoutMs;
    this.lastReason = lastReason;
  }
}

/** Rejects with a {@link DeadlineError} when the promise has not settled in time. The work itself goes on. */
export async function withDeadline<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(what, timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

export interface WaitOptions {
  timeoutMs: number;
  /** Pause between two checks. */
  intervalMs: number;
  /** Completes the sentence "... not within 500 ms". */
  what: string;
}

type NotYet = false | null | undefined;

/**
 * Checks at once, then every interval, until the check returns something; its value is returned.
 * A check that throws is not ready either, and its message becomes the reason. A check that hangs is
 * cut off by the deadline.
 * @throws {DeadlineError}
 */
export async function waitUntil<T>(
  check: () => T | NotYet | Promise<T | NotYet>,
  { timeoutMs, intervalMs, what }: WaitOptions,
): Promise<T> {
  const endsAt = performance.now() + timeoutMs;
  const remainingMs = () => endsAt - performance.now();
  let lastReason: string | null = null;
  for (;;) {
    try {
      const value = await withDeadline(
        Promise.resolve(check()),
        Math.ceil(Math.max(remainingMs(), 1)),
        'the last check',
      );
      if (value !== false && value !== null && value !== undefined) return value;
    } catch (error) {
      lastReason = messageOf(error);
    }
    if (remainingMs() <= 0) throw new DeadlineError(what, timeoutMs, lastReason);
    await pause(Math.min(intervalMs, Math.max(remainingMs(), 0)));
  }
}
