import type { Log } from '../core/log.ts';

const QUIET_MS = 30_000;
const REMEMBERED = 200;

/**
 * A log for faults that come many times a second while a broker is away: the same message with the same
 * `reason` is written once in 30 s.
 */
export function calm(log: Log): Log {
  const writtenAt = new Map<string, number>();
  return (level, message, data) => {
    const key = `${message} ${data?.reason ?? ''}`;
    const now = performance.now();
    if (now - (writtenAt.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    if (writtenAt.size >= REMEMBERED) writtenAt.clear();
    writtenAt.set(key, now);
    log(level, message, data);
  };
}
