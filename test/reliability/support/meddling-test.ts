import { expect, vi } from 'vitest';
import { jobId } from '../../../queue/names.ts';
import { QUEUE_KINDS } from '../../../queue/port.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import type { endings } from './endings.ts';
import { type Light, soon, startLight } from './light.ts';
import { forge, type Meddler, maltreat, meddler, STAGES } from './meddling.ts';
import { ownPostgres } from './own-postgres.ts';
import { FAILING, SINGLE, STEPS } from './steps.ts';

/** Several processes start in each test, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const BACKOFF_SECONDS = 2;
/** A call that waits in the queue is no longer waited for after 15 s; the rest is for busy machines. */
export const SLOWED_MS = 30_000;

export interface Scene {
  light: Light;
  hand: Meddler;
}

export async function scene(
  redisUrl: string | undefined,
  { atEnd }: ReturnType<typeof endings>,
): Promise<Scene> {
  const { url: databaseUrl } = await ownPostgres(atEnd);
  const settings = { recoveryBackoffSeconds: [BACKOFF_SECONDS] };
  const config = { databaseUrl, ...(redisUrl !== undefined && { redisUrl }) };
  const light = await startLight({ ...config, environments: 5, settings }, atEnd);
  return { light, hand: await meddler(config, atEnd) };
}

/**
 * Jobs are forged, edited, promoted, retried and thrown away while runs are waiting, at work and over.
 * `more`: further mischief, while the run that is tried again waits for its time.
 */
export async function meddle({ light, hand }: Scene, more = async () => {}): Promise<void> {
  const [heldFolder = '', doneFolder = '', failingFolder = ''] = light.folders;
  const { run: done } = await light.post(STEPS, { folder: doneFolder });
  await light.untilSucceeded(done.id);
  const held = await light.postHeld(heldFolder);
  const { run: failing } = await light.post(FAILING, { folder: failingFolder });
  await waitUntil(async () => (await waitOf(light, failing.id)) !== null, soon('its retry waits'));

  await forge(hand, [done.id, failing.id]);
  await maltreatAll(hand, [done.id, failing.id, held.id], done.id);
  await hand.onBoard('PUT', `${STAGES}/empty`);
  // The run at work has a call, and so may the one that is tried again.
  await waitUntil(async () => (await hand.open()) <= 2, soon('the forged calls are taken'));
  // These wait for the attempt that is under way.
  await forge(hand, [held.id]);
  expect((await light.marks(heldFolder)).length, 'its first stage is still at work').toBe(1);
  await light.openGate(heldFolder);
  await light.untilSucceeded(held.id);
  await light.expectEachOnce(heldFolder);
  await light.untilSucceeded(done.id);
  await light.expectEachOnce(doneFolder);
  await Promise.all([expectPatience(light, failing.id), more()]);
}

/** Makes every call that these runs may have had into one of another run, and throws it away. */
async function maltreatAll(hand: Meddler, runIds: readonly string[], other: string): Promise<void> {
  for (const runId of runIds)
    for (const kind of QUEUE_KINDS)
      for (const dispatch of [1, 2, 3, 4])
        await maltreat(hand, kind, jobId({ runId, dispatch }), { runId: other, dispatch });
}

const waitOf = async (light: Light, id: string) => {
  const [row] = await light.rows<{ at: string }>(
    `select next_attempt_at::text as at from runs where id = '${id}' and status = 'waiting_retry'`,
  );
  return row ?? null;
};

/** The run ends as it would have ended, and each of its recovery attempts waited for its time. */
async function expectPatience(light: Light, id: string): Promise<void> {
  const ended = async () =>
    (await light.rows(`select 1 from runs where id = '${id}' and status = 'escalated'`)).length > 0;
  await waitUntil(ended, soon('the run that cannot succeed is escalated', 40_000));
  const attempts = await light.rows<{ number: number; isEarly: boolean | null }>(
    `select number, started_at < lag(finished_at) over (order by number) + interval '${BACKOFF_SECONDS} s' as "isEarly"
     from recovery_attempts where run_id = '${id}' order by number`,
  );
  expect(attempts).toEqual([
    { number: 1, isEarly: null },
    { number: 2, isEarly: false },
    { number: 3, isEarly: false },
    { number: 4, isEarly: false },
  ]);
}

/** Queues that somebody has paused slow a run down, and no more. */
export async function pauseQueues({ light, hand }: Scene): Promise<void> {
  const folder = light.folders.at(-1) ?? '';
  for (const kind of QUEUE_KINDS) await hand.queue(kind).pause();
  const { status, run } = await light.post(SINGLE, { folder });
  expect(status).toBe(202);
  await light.untilSucceeded(run.id, SLOWED_MS);
  for (const kind of QUEUE_KINDS) await hand.queue(kind).resume();
  const call = jobId({ runId: run.id, dispatch: 1 });
  await waitUntil(
    async () => (await hand.queue('stages').getJobState(call)) === 'unknown',
    soon('it is taken back'),
  );
  const second = await light.post(SINGLE, { folder });
  await light.untilSucceeded(second.run.id);
  const words = (await light.marks(folder)).map(({ word }) => word);
  expect(words).toEqual(['begin', 'end', 'begin', 'end']);
}
