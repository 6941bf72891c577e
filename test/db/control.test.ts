import { describe, expect, test } from 'vitest';
import { isFinished } from '../../core/run.ts';
import { resumeRun, transition } from '../../core/transition.ts';
import { CANCEL_CHANNEL, RUNS_CHANNEL } from '../../db/channels.ts';
import { claimRun, findDueRuns, renewLease } from '../../db/claims.ts';
import {
  cancelRequested,
  endDelay,
  hasBegun,
  requestCancel,
  runsToCancel,
  saveCancel,
  saveResume,
} from '../../db/control.ts';
import { recordHealth } from '../../db/health.ts';
import { findRun, type Run } from '../../db/runs.ts';
import { saveBegin, saveTransition } from '../../db/transitions.ts';
import { healing } from '../core/fixtures/pipelines.ts';
import { atRecovery, decided, goThrough, notHealed } from './fixtures/course.ts';
import {
  accept,
  claim,
  claimantOf,
  claimed,
  contextOf,
  everything,
  rowOf,
  type World,
  world,
  written,
} from './fixtures/world.ts';

const BY = 'key-1';
const context = contextOf(healing);
const hopeless = {
  type: 'recovery_finished',
  outcome: { kind: 'hopeless', escalation: { reason: 'critical_error', detail: 'the disk is gone' } },
} as const;

async function runOf({ database }: World, id: string): Promise<Run> {
  const found = await findRun(database, id);
  if (!found) throw new Error(`no run ${id}`);
  return found.run;
}

async function escalated(here: World): Promise<Run> {
  const run = await atRecovery(here);
  await saveTransition(here.database, written(run, hopeless));
  return await runOf(here, run.id);
}

function resumption(run: Run) {
  const next = isFinished(run.state) ? resumeRun(run.state, context) : null;
  if (next === null) throw new Error('it cannot be resumed');
  return next;
}

function cancellation(run: Run) {
  if (isFinished(run.state)) throw new Error('it is finished');
  return transition(run.state, { type: 'cancelled' }, context);
}

const eventsOf = async ({ sql }: World, type: string) =>
  (await sql`select data from events where type = ${type}`).map(({ data }) => data);

describe('a resumed run', () => {
  test('goes on where it failed: same run, the next attempt, and its turn in the environment', async () => {
    const here = await world();
    const run = await escalated(here);
    expect(await saveResume(here.database, { run, by: BY }, resumption(run))).toBe(true);
    expect(await rowOf(here, run.id)).toMatchObject({
      status: 'queued',
      current_stage: 'verify',
      outcome: null,
      finished_at: null,
      owner: null,
      claims: 0,
      repeats: 0,
      alone: false,
      holds_environment: false,
      epoch: run.epoch + 1,
      dispatch: run.dispatch + 1,
    });
    expect(await eventsOf(here, 'resumed')).toEqual([{ by: BY }]);
    const { work } = (await claim(here, run.id)).state;
    expect(work).toMatchObject({ kind: 'stage', stageId: 'verify', purpose: 'flow' });
    const stages = (await everything(here)).stage_attempts as { stage_id: string; number: number }[];
    expect(stages.map(({ stage_id, number }) => [stage_id, number])).toEqual([
      ['start', 1],
      ['verify', 1],
      ['recover', 1],
      ['verify', 2],
    ]);
  });

  test('has a new budget; what was told already is not told again', async () => {
    const here = await world();
    const run = await escalated(here);
    await saveResume(here.database, { run, by: BY }, resumption(run));
    const again = await goThrough(here, await claim(here, run.id), decided('connection_failed'));
    expect(again.state).toMatchObject({ work: { number: 1 }, incident: { attempts: 0 } });
    await saveTransition(here.database, written(again, hopeless));
    expect(await here.sql`select type from notices`).toHaveLength(1);
    expect(await here.sql`select status from incidents`).toEqual([
      { status: 'escalated' },
      { status: 'escalated' },
    ]);
  });

  test('is resumed once, however many ask in the same instant', async () => {
    const here = await world();
    const run = await escalated(here);
    const saved = await Promise.all(
      Array.from({ length: 50 }, () => saveResume(here.database, { run, by: BY }, resumption(run))),
    );
    expect(saved.filter(Boolean)).toHaveLength(1);
    expect(await eventsOf(here, 'resumed')).toHaveLength(1);
    expect(await rowOf(here, run.id)).toMatchObject({ epoch: run.epoch + 1, dispatch: run.dispatch + 1 });
    expect((await everything(here)).stage_attempts).toHaveLength(4);
  });
});

describe('a delay', () => {
  test('is over when somebody says so: the run is due, and called', async () => {
    const here = await world();
    const run = await atRecovery(here);
    await saveTransition(here.database, written(run, notHealed));
    expect(await claimRun(here.database, run.id, here.claimant)).toBeNull();
    const heard: string[] = [];
    const listening = await here.database.listen(RUNS_CHANNEL, (id) => heard.push(id));
    const { dispatch } = await runOf(here, run.id);
    expect(await endDelay(here.database, run.id, BY)).toBe(true);
    expect(await endDelay(here.database, run.id, BY)).toBe(false);
    expect(await rowOf(here, run.id)).toMatchObject({ status: 'waiting_retry', dispatch: dispatch + 1 });
    expect(await eventsOf(here, 'retry_now')).toEqual([{ by: BY }]);
    await expect.poll(() => heard).toEqual([run.id]);
    await listening.close();
    expect(await claimRun(here.database, run.id, here.claimant)).not.toBeNull();
  });

  test('is nothing that a run has which does not wait', async () => {
    const here = await world();
    const { id } = await claimed(here);
    expect(await endDelay(here.database, id, BY)).toBe(false);
    expect(await eventsOf(here, 'retry_now')).toEqual([]);
  });
});

describe('a run that nobody works on', () => {
  test('is cancelled at once, and frees its environment', async () => {
    const here = await world();
    const run = await runOf(here, (await atRecovery(here)).id);
    await saveTransition(here.database, written(run, notHealed));
    await recordHealth(here.database, here.environmentId, {
      healthy: false,
      diagnoses: [],
      components: [
        { name: 'daemon', role: 'daemon', desired: 'running', state: 'running', pid: 1, detail: null },
        { name: 'pool', role: 'pool', desired: 'running', state: 'down', pid: null, detail: null },
        { name: 'miner-1', role: 'miner', desired: 'running', state: 'frozen', pid: 2, detail: null },
      ],
    });
    const waiting = await runOf(here, run.id);
    expect(await hasBegun(here.database, waiting.state)).toBe(false);
    expect(await saveCancel(here.database, { run: waiting, by: BY }, cancellation(waiting))).toBe(true);
    expect(await rowOf(here, run.id)).toMatchObject({
      status: 'cancelled',
      holds_environment: false,
      finished_at: expect.any(Date),
      next_attempt_at: null,
      cancel_requested_by: BY,
      left_running: ['daemon', 'miner-1'],
      epoch: waiting.epoch + 1,
    });
    expect(await eventsOf(here, 'cancel_requested')).toEqual([{ by: BY }]);
    expect(await here.sql`select status from incidents`).toEqual([{ status: 'escalated' }]);
    expect(await here.sql`select id from notices`).toEqual([]);
  });

  test('and whose stack nobody has looked at says so', async () => {
    const here = await world();
    const run = await runOf(here, await accept(here));
    await saveCancel(here.database, { run, by: BY }, cancellation(run));
    expect(await rowOf(here, run.id)).toMatchObject({ status: 'cancelled', left_running: null });
  });

  test('is cancelled or claimed in the same instant, never both', async () => {
    const here = await world();
    for (let round = 0; round < 25; round++) {
      const run = await runOf(here, await accept(here));
      const cancel = () => saveCancel(here.database, { run, by: BY }, cancellation(run));
      const take = () => claimRun(here.database, run.id, here.claimant);
      // Whoever is asked first gets there first more often.
      const early = round % 2 === 0 ? cancel() : null;
      const [taken, cancelled] = await Promise.all([take(), early ?? cancel()]);
      expect(cancelled).toBe(taken === null);
      const status = cancelled ? 'cancelled' : 'queued';
      expect(await rowOf(here, run.id)).toMatchObject({ status, epoch: 1 });
      await here.sql`delete from runs where id = ${run.id}`;
    }
  });
});

describe('a run at work', () => {
  test('is asked for, once, under the claim that was seen; its worker hears of it and ends it', async () => {
    const here = await world();
    const run = await claimed(here);
    await saveBegin(here.database, written(run, { type: 'begun' }));
    const begun = await runOf(here, run.id);
    expect(await hasBegun(here.database, begun.state)).toBe(true);
    const heard: string[] = [];
    const listening = await here.database.listen(CANCEL_CHANNEL, (id) => heard.push(id));
    expect(await saveCancel(here.database, { run: begun, by: BY }, cancellation(begun))).toBe(false);
    expect(await cancelRequested(here.database, run.id)).toBe(false);

    for (const by of [BY, 'key-2']) expect(await requestCancel(here.database, { run: begun, by })).toBe(true);
    await expect.poll(() => heard).toEqual([run.id, run.id]);
    await listening.close();
    expect(await eventsOf(here, 'cancel_requested')).toEqual([{ by: BY }]);
    expect(await rowOf(here, run.id)).toMatchObject({ cancel_requested_by: BY, dispatch: begun.dispatch });
    expect(await cancelRequested(here.database, run.id)).toBe(true);
    expect(await runsToCancel(here.database, 'worker-1')).toEqual([run.id]);
    expect(await renewLease(here.database, run.id, run.epoch)).toBe(true);

    const leftRunning = ['daemon', 'pool'];
    await saveTransition(here.database, { ...written(run, { type: 'cancelled' }), leftRunning });
    expect(await rowOf(here, run.id)).toMatchObject({ status: 'cancelled', left_running: leftRunning });
    expect(await runsToCancel(here.database, 'worker-1')).toEqual([]);
    expect(await requestCancel(here.database, { run: begun, by: BY })).toBe(false);
  });

  test('that was taken by another worker since is not asked for', async () => {
    const here = await world();
    const run = await claimed(here);
    await here.sql`update runs set owner = null`;
    await claim({ ...here, claimant: claimantOf('worker-2', here.environmentId) }, run.id);
    expect(await requestCancel(here.database, { run, by: BY })).toBe(false);
  });

  test('whose worker died meanwhile is called, and due before its time', async () => {
    const here = await world();
    const run = await claimed(here);
    await saveBegin(here.database, written(run, { type: 'begun' }));
    await here.sql`update runs set owner = null, next_attempt_at = now() + interval '1 hour',
      dispatched_at = now() - interval '1 hour'`;
    const left = await runOf(here, run.id);
    expect(await findDueRuns(here.database, here.claimant, 0)).toEqual([]);
    await requestCancel(here.database, { run: left, by: BY });
    expect(await rowOf(here, run.id)).toMatchObject({ dispatch: left.dispatch + 1 });
    expect(await findDueRuns(here.database, here.claimant, 0)).toMatchObject([{ id: run.id }]);
    expect(await claimRun(here.database, run.id, here.claimant)).toMatchObject({ cancelRequestedBy: BY });
  });
});
