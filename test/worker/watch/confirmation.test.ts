import { expect, test } from 'vitest';
import type { Diagnosis } from '../../../core/failure.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { openConfirmation } from '../../../worker/watch/confirmation.ts';

const stale: Diagnosis = { component: 'pool', role: 'pool', failure: 'stale_work', evidence: [] };
const down: Diagnosis = { component: 'pool', role: 'pool', failure: 'process_down', evidence: [] };
const calm = new Map();

test('what may pass by itself counts once it lasts', async () => {
  const confirmation = openConfirmation();
  expect(confirmation.isConfirmed([stale], calm)).toBe(false);
  await waitUntil(() => confirmation.isConfirmed([stale], calm), {
    timeoutMs: 5_000,
    intervalMs: 20,
    what: 'the finding lasts',
  });
  confirmation.isConfirmed([], calm);
  expect(confirmation.isConfirmed([stale], calm), 'a good look in between begins it anew').toBe(false);
});

test('a process that is gone counts at once, and so does what a probe confirms', () => {
  const confirmation = openConfirmation();
  expect(confirmation.isConfirmed([down], calm)).toBe(true);
  expect(confirmation.isConfirmed([stale, down], calm)).toBe(true);
  const trouble = { what: 'its job builds on an old block', lastGoodAt: 0, noticedAt: 0 };
  expect(confirmation.isConfirmed([stale], new Map([['pool', trouble]]))).toBe(true);
});
