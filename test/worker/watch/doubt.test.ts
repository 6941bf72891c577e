import { expect, test } from 'vitest';
import type { Diagnosis } from '../../../core/failure.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { openDoubt } from '../../../worker/watch/doubt.ts';

const stale: Diagnosis = { component: 'pool', role: 'pool', failure: 'stale_work', evidence: [] };
const down: Diagnosis = { component: 'pool', role: 'pool', failure: 'process_down', evidence: [] };
const calm = new Map();

test('what may pass by itself counts once it lasts', async () => {
  const doubt = openDoubt();
  expect(doubt.isSure([stale], calm)).toBe(false);
  await waitUntil(() => doubt.isSure([stale], calm), {
    timeoutMs: 5_000,
    intervalMs: 20,
    what: 'the finding lasts',
  });
  doubt.isSure([], calm);
  expect(doubt.isSure([stale], calm), 'a good look in between begins it anew').toBe(false);
});

test('a process that is gone counts at once, and so does what a heartbeat speaks for', () => {
  const doubt = openDoubt();
  expect(doubt.isSure([down], calm)).toBe(true);
  expect(doubt.isSure([stale, down], calm)).toBe(true);
  const trouble = { what: 'its job builds on an old block', lastGoodAt: 0, noticedAt: 0 };
  expect(doubt.isSure([stale], new Map([['pool', trouble]]))).toBe(true);
});
