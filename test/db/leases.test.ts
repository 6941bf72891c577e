import { describe, expect, test } from 'vitest';
import {
  findDelays,
  findDueRuns,
  nextDispatch,
  releaseRun,
  releaseStrays,
  renewLease,
  takeOverLeases,
} from '../../db/claims.ts';
import { saveTransition } from '../../db/transitions.ts';
import { linear } from '../core/fixtures/pipelines.ts';
import {
  accept,
  claim,
  claimantOf,
  claimed,
  environment,
  rowOf,
  type World,
  world,
  written,
} from './fixtures/world.ts';

const leaseOf = async ({ sql }: World, id: string): Promise<string | null> =>
  (await sql`select lease_until::text as lease from runs where id = ${id}`)[0]?.lease;

describe('a lease', () => {
  test('is renewed for a minute from now', async () => {
    const here = await world();
    const run = await claimed(here);
    await here.sql`update runs set lease_until = now() + interval '1 second'`;
    const [before] = await here.sql`select now()::text as at`;
    expect(await renewLease(here.database, run.id, run.epoch)).toBe(true);
    const [lease] = await here.sql`select lease_until - interval '1 minute'
      between ${before?.at}::timestamptz and now() as "isAMinute" from runs where id = ${run.id}`;
    expect(lease).toEqual({ isAMinute: true });
  });

  test('is not renewed by one who lost it', async () => {
    const here = await world();
    const run = await claimed(here);
    await here.sql`update runs set lease_until = now() - interval '1 second'`;
    await claim({ ...here, claimant: claimantOf('worker-2', here.environmentId) }, run.id);
    const lease = await leaseOf(here, run.id);
    expect(await renewLease(here.database, run.id, run.epoch)).toBe(false);
    expect(await leaseOf(here, run.id)).toBe(lease);
  });

  test('is not renewed by one who gave it back', async () => {
    const here = await world();
    const run = await claimed(here);
    await releaseRun(here.database, { runId: run.id, epoch: run.epoch, counts: true });
    expect(await renewLease(here.database, run.id, run.epoch)).toBe(false);
    expect(await leaseOf(here, run.id)).toBeNull();
  });

  test('that is given back leaves the run as it was, to be claimed at once', async () => {
    const here = await world();
    const run = await claimed(here);
    const { owner: _, lease_until: __, ...before } = await rowOf(here, run.id);
    await releaseRun(here.database, { runId: run.id, epoch: run.epoch, counts: true });
    expect(await rowOf(here, run.id)).toEqual({ ...before, owner: null, lease_until: null });
    expect(await claim(here, run.id)).toMatchObject({ epoch: 2 });
  });
});

describe('a stray, which its owner does not work on', () => {
  const strays = (here: World, underWay: string[]) =>
    releaseStrays(here.database, here.claimant, { underWay, leaseSeconds: 60 });

  test('is freed once it is no newborn, and nothing is held against it', async () => {
    const here = await world();
    const run = await claimed(here);
    await strays(here, []);
    expect(await rowOf(here, run.id)).toMatchObject({ owner: 'worker-1', claims: 1 });
    await here.sql`update runs set lease_until = lease_until - interval '6 seconds'`;
    await strays(here, [run.id]);
    await strays({ ...here, claimant: claimantOf('worker-2', here.environmentId) }, []);
    expect(await rowOf(here, run.id)).toMatchObject({ owner: 'worker-1', claims: 1 });
    await strays(here, []);
    expect(await rowOf(here, run.id)).toMatchObject({ owner: null, lease_until: null, claims: 0 });
    expect(await claim(here, run.id)).toMatchObject({ epoch: 2, claims: 1 });
  });
});

describe('the leases of a dead owner', () => {
  test('are taken over at once, for the environments whose fence is held, and only those', async () => {
    const here = await world();
    const attic = await environment(here.database, 'attic');
    const run = await claimed(here);
    const elsewhere = await claimed({
      ...here,
      environmentId: attic,
      claimant: claimantOf('worker-1', attic),
    });

    const heir = claimantOf('worker-2', here.environmentId);
    expect(await takeOverLeases(here.database, heir)).toBe(1);
    expect(await rowOf(here, run.id)).toMatchObject({
      owner: null,
      lease_until: null,
      holds_environment: true,
    });
    expect(await rowOf(here, elsewhere.id)).toMatchObject({ owner: 'worker-1' });
    expect(await claim({ ...here, claimant: heir }, run.id)).toMatchObject({ owner: 'worker-2', epoch: 2 });
  });

  test('are not our own, nor those of finished runs', async () => {
    const here = await world();
    const finished = await claimed(here);
    await saveTransition(here.database, written(finished, { type: 'cancelled' }));
    await here.sql`update runs set owner = 'worker-0' where id = ${finished.id}`;
    const own = await claimed(here);
    expect(await takeOverLeases(here.database, here.claimant)).toBe(0);
    expect(await rowOf(here, own.id)).toMatchObject({ owner: 'worker-1' });
    expect(await takeOverLeases(here.database, claimantOf('worker-2'))).toBe(0);
  });

  test('make their runs due for a call at once', async () => {
    const here = await world();
    const { id } = await claimed(here);
    const heir = claimantOf('worker-2', here.environmentId);
    await takeOverLeases(here.database, heir);
    expect((await findDueRuns(here.database, heir, 3600)).map((run) => run.id)).toEqual([id]);
  });
});

describe('runs that are due and were not called', () => {
  const QUIET_SECONDS = 3;
  const due = async ({ database, claimant }: World) =>
    (await findDueRuns(database, claimant, QUIET_SECONDS)).map(({ id }) => id);
  const callsAreOld = ({ sql }: World) => sql`update runs set dispatched_at = now() - interval '4 seconds'`;

  test('are found once their last call is old', async () => {
    const here = await world();
    const id = await accept(here);
    expect(await due(here)).toEqual([]);
    await callsAreOld(here);
    const [found] = await findDueRuns(here.database, here.claimant, QUIET_SECONDS);
    expect(found).toMatchObject({ id, dispatch: 1, state: { status: 'queued', work: { stageId: 'start' } } });
  });

  test.each<[string, (here: World, id: string) => Promise<unknown>]>([
    ['at work', (here, id) => claim(here, id)],
    [
      'waiting',
      ({ sql }, id) => sql`update runs set next_attempt_at = now() + interval '1 minute' where id = ${id}`,
    ],
    [
      'woken a moment ago',
      ({ sql }, id) => sql`update runs set next_attempt_at = now() - interval '1 second' where id = ${id}`,
    ],
    [
      'finished',
      async (here, id) =>
        saveTransition(here.database, written(await claim(here, id), { type: 'cancelled' })),
    ],
    ['of another host', ({ sql }, id) => sql`update runs set host = 'rig-2' where id = ${id}`],
  ])('are not those that are %s', async (_, arrange) => {
    const here = await world();
    const id = await accept(here);
    await arrange(here, id);
    await callsAreOld(here);
    expect(await due(here)).toEqual([]);
  });

  test('are the next in line alone where an environment is held', async () => {
    const here = await world();
    const [first, second] = [await accept(here), await accept(here)];
    await callsAreOld(here);
    expect(await due(here)).toEqual([first]);
    const run = await claim(here, first);
    await callsAreOld(here);
    expect(await due(here)).toEqual([]);
    await saveTransition(here.database, written(run, { type: 'cancelled' }));
    await callsAreOld(here);
    expect(await due(here)).toEqual([second]);
  });

  test('are called under a new number, once', async () => {
    const here = await world();
    const id = await accept(here);
    const numbers = await Promise.all([1, 1, 1].map((dispatch) => nextDispatch(here.database, id, dispatch)));
    expect(numbers.filter((number) => number !== null)).toEqual([2]);
    await callsAreOld(here);
    expect(await nextDispatch(here.database, id, 2)).toBe(3);
    expect(await due(here)).toEqual([]);
    await saveTransition(here.database, written(await claim(here, id), { type: 'cancelled' }));
    expect(await nextDispatch(here.database, id, 4)).toBeNull();
  });

  test('none without an environment', async () => {
    const here = await world();
    await accept(here);
    await callsAreOld(here);
    const nobody = claimantOf('worker-1');
    expect(await findDueRuns(here.database, nobody, 0)).toEqual([]);
    expect(await findDelays(here.database, nobody)).toEqual([]);
  });
});

test('the delays that are left are told in milliseconds, for the timers of a new worker', async () => {
  const here = await world();
  const [waiting, over] = [await accept(here, linear), await accept(here, linear)];
  await here.sql`update runs set next_attempt_at = now() + interval '90 seconds' where id = ${waiting}`;
  await here.sql`update runs set next_attempt_at = now() - interval '1 second' where id = ${over}`;
  const [delay, ...others] = await findDelays(here.database, here.claimant);
  expect(others).toEqual([]);
  expect(delay?.id).toBe(waiting);
  const [later] =
    await here.sql`select floor(extract(epoch from next_attempt_at - now()) * 1000)::float8 as "leftMs"
    from runs where id = ${waiting}`;
  expect(delay?.delayMs).toBeGreaterThanOrEqual(later?.leftMs);
  expect(delay?.delayMs).toBeLessThanOrEqual(90_000);
});
