import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitUntil, withDeadline } from '../../../worker/host/deadline.ts';

const SHORT = { timeoutMs: 120, intervalMs: 10, what: 'the daemon answers' };

describe('waitUntil', () => {
  it('returns the first answer that is something, zero and empty included', async () => {
    let looks = 0;
    const third = () => {
      looks += 1;
      return looks === 3 ? { height: 7 } : null;
    };
    expect(await waitUntil(third, SHORT)).toEqual({ height: 7 });
    expect(await waitUntil(() => 0, SHORT)).toBe(0);
    expect(await waitUntil(() => '', SHORT)).toBe('');
  });

  it('says what was awaited, for how long, and the last reason', async () => {
    const failing = waitUntil(() => Promise.reject(new Error('connection refused')), SHORT);
    await expect(failing).rejects.toThrow('the daemon answers: not within 120 ms (connection refused)');
    await expect(waitUntil(() => false, SHORT)).rejects.toMatchObject({
      name: 'DeadlineError',
      lastReason: null,
    });
  });

  it('does not hang with a check that hangs', async () => {
    const hanging = waitUntil(() => new Promise<never>(() => {}), SHORT);
    await expect(hanging).rejects.toThrow(
      /the daemon answers: not within 120 ms \(the last check: not within \d+ ms\)/,
    );
  });
});

describe('withDeadline', () => {
  it('passes on what settles in time, and rejects what does not', async () => {
    expect(await withDeadline(Promise.resolve(1), 100, 'one')).toBe(1);
    await expect(withDeadline(Promise.reject(new Error('no')), 100, 'two')).rejects.toThrow('no');
    await expect(withDeadline(pause(5_000, null, { ref: false }), 20, 'three')).rejects.toThrow(
      'three: not within 20 ms',
    );
  });
});
