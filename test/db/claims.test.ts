import { describe, expect, test } from 'vitest';
import { claimRun } from '../../db/claims.ts';
import { saveTransition } from '../../db/transitions.ts';
import { pipelineOf } from '../core/fixtures/pipelines.ts';
import {
  accept,
  claim,
  claimantOf,
  claimed,
  environment,
  HOST,
  rowOf,
  type World,
  world,
  written,
} from './fixtures/world.ts';

const look = pipelineOf({ check: 'cycle_integration_tester/check_health' }, ['check -healthy-> end']);

/** Carries a claimed run to its end. */
async function finish(here: World, run: Awaited<ReturnType<typeof claimed>>): Promise<void> {
  await saveTransition(here.database, written(run, { type: 'cancelled' }));
}

describe('a claim', () => {
  test('counts up the epoch, leases for a minute and takes the environment', async () => {
    const here = await world();
    const run = await claimed(here);
    expect(run).toMatchObject({ epoch: 1, claims: 1, owner: 'worker-1', holdsEnvironment: true });
    const [lease] = await here.sql`select lease_until - started_at = interval '1 minute' as "isAMinute",
      started_at between created_at and now() as "isOfNow" from runs where id = ${run.id}`;
    expect(lease).toEqual({ isAMinute: true, isOfNow: true });
  });

  test('keeps the time of the first start', async () => {
    const here = await world();
    const { id, startedAt } = await claimed(here);
    await here.sql`update runs set owner = null where id = ${id}`;
    expect(await claim(here, id)).toMatchObject({ epoch: 2, claims: 2, startedAt });
  });

  test('is had by one of many that ask in the same instant', async () => {
    const here = await world();
    const id = await accept(here);
    const workers = Array.from({ length: 20 }, (_, index) =>
      claimantOf(`worker-${index}`, here.environmentId),
    );
    const claims = await Promise.all(workers.map((worker) => claimRun(here.database, id, worker)));
    expect(claims.filter((run) => run !== null)).toHaveLength(1);
    expect(await rowOf(here, id)).toMatchObject({ epoch: 1, claims: 1 });
  });
});

describe('no claim on a run', () => {
  test.each<[string, (here: World, id: string) => Promise<unknown>]>([
    ['that is leased', (here, id) => claim(here, id)],
    [
      'that is not due yet',
      ({ sql }, id) => sql`update runs set next_attempt_at = now() + interval '10 seconds' where id = ${id}`,
    ],
    ['that is finished', async (here, id) => finish(here, await claim(here, id))],
    ['of another host', ({ sql }, id) => sql`update runs set host = 'rig-2' where id = ${id}`],
    ['that is not there', ({ sql }, id) => sql`delete from runs where id = ${id}`],
  ])('%s', async (_, arrange) => {
    const here = await world();
    const id = await accept(here);
    await arrange(here, id);
    expect(await claimRun(here.database, id, { ...here.claimant, workerId: 'worker-2' })).toBeNull();
  });

  test('in an environment whose fence the worker does not hold', async () => {
    const here = await world();
    const id = await accept(here);
    const attic = await environment(here.database, 'attic');
    expect(await claimRun(here.database, id, claimantOf('worker-1', attic))).toBeNull();
    expect(await claimRun(here.database, id, claimantOf('worker-1'))).toBeNull();
    expect(
      await claimRun(here.database, id, claimantOf('worker-1', attic, here.environmentId)),
    ).not.toBeNull();
  });
});

describe('a run can be claimed again', () => {
  test.each<[string, (here: World, id: string) => Promise<unknown>]>([
    [
      'when its lease is over',
      ({ sql }, id) => sql`update runs set lease_until = now() - interval '1 ms' where id = ${id}`,
    ],
    ['when its owner gave it back', ({ sql }, id) => sql`update runs set owner = null where id = ${id}`],
    [
      'when its delay is over',
      ({ sql }, id) => sql`update runs set owner = null, next_attempt_at = now() where id = ${id}`,
    ],
  ])('%s', async (_, arrange) => {
    const here = await world();
    const { id } = await claimed(here);
    await arrange(here, id);
    expect(await claimRun(here.database, id, claimantOf('worker-2', here.environmentId))).toMatchObject({
      owner: 'worker-2',
      epoch: 2,
      claims: 2,
    });
  });
});

describe('one mutating run holds an environment', () => {
  test('from its claim to its end, its waits included; the others come in order', async () => {
    const here = await world();
    const [first, second, third] = [await accept(here), await accept(here), await accept(here)];
    const tryClaim = (id: string) => claimRun(here.database, id, here.claimant);
    expect(await tryClaim(second)).toBeNull();
    const run = await claim(here, first);
    await here.sql`update runs set owner = null, next_attempt_at = now() + interval '1 hour' where id = ${first}`;
    expect([await tryClaim(second), await tryClaim(third)]).toEqual([null, null]);

    await here.sql`update runs set owner = 'worker-1' where id = ${first}`;
    await finish(here, run);
    expect(await tryClaim(third)).toBeNull();
    expect(await tryClaim(second)).toMatchObject({ holdsEnvironment: true });
    expect(await tryClaim(third)).toBeNull();
  });

  test('but one that only looks runs beside it, and holds nothing', async () => {
    const here = await world();
    const [waiting, looking] = [await accept(here), await accept(here, look)];
    await claim(here, waiting);
    expect(await claim(here, looking)).toMatchObject({ mutating: false, holdsEnvironment: false });
    const next = await accept(here);
    await here.sql`update runs set status = 'cancelled', finished_at = now(), holds_environment = false where id = ${waiting}`;
    expect(await claim(here, next)).toMatchObject({ holdsEnvironment: true });
  });

  test('and one of another environment does not care', async () => {
    const here = await world();
    const attic = await environment(here.database, 'attic');
    await claimed(here);
    const elsewhere = {
      ...here,
      environmentId: attic,
      claimant: claimantOf('worker-1', here.environmentId, attic),
    };
    expect(await claimed(elsewhere)).toMatchObject({ host: HOST, holdsEnvironment: true });
  });

  test('when two are claimed in the same instant, one of them waits', async () => {
    const here = await world();
    const [first, second] = [await accept(here), await accept(here)];
    // The later run was claimed by a clock that is ahead, and nobody can see it yet.
    const { late, claiming } = await here.sql
      .begin(async (transaction) => {
        await transaction`update runs set holds_environment = true where id = ${second}`;
        const attempt = claimRun(here.database, first, here.claimant);
        const blocked = () =>
          here.sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'update "runs"%'`;
        await expect.poll(blocked, { timeout: 5_000 }).toHaveLength(1);
        return { late: second, claiming: attempt };
      })
      .then((values) => values);
    expect(await claiming).toBeNull();
    expect(await rowOf(here, late)).toMatchObject({ holds_environment: true });
    expect(await rowOf(here, first)).toMatchObject({ epoch: 0, owner: null });
  });
});
