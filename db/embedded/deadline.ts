import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 50;

/** A point in time on the monotonic clock, shared by all the steps of one operation. */
export interface Deadline {
  remainingMs(): number;
  passed(): boolean;
}

export function deadlineIn(timeoutMs: number): Deadline {
  const endMs = performance.now() + timeoutMs;
  const remainingMs = () => Math.max(0, endMs - performance.now());
  return { remainingMs, passed: () => remainingMs() === 0 };
}

/** Looks, ever less often, until `condition` gives something; `undefined` when the deadline passed first. */
export async function poll<T>(
  deadline: Deadline,
  condition: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const found = await condition();
    if (found !== undefined || deadline.passed()) return found;
    await sleep(Math.min(pauseMs, deadline.remainingMs()));
  }
}
