import { describe, expect, test } from 'vitest';
import { componentsOf } from '../../core/component.ts';
import { parseEnvironment } from '../../core/environment.ts';
import {
  componentRecords,
  forgetHeights,
  listEnvironments,
  listHosts,
  reachHeight,
  recordHeight,
  registerEnvironment,
  registerHost,
  setDesired,
} from '../../db/environments.ts';
import { want } from '../support/wanted.ts';
import { claimed, environment, HOST, type World, world } from './fixtures/world.ts';

const definition = (() => {
  const parsed = parseEnvironment({ name: 'lab', daemon: {}, pool: {}, miners: [{}] });
  if (!parsed.ok) throw new Error('no environment');
  return parsed.environment;
})();

const records = async ({ database, environmentId }: World) =>
  Object.fromEntries(await componentRecords(database, environmentId, componentsOf(definition)));

describe('a host', () => {
  test('keeps the time of its start while the same worker gives signs of life', async () => {
    const { database, sql } = await world();
    const host = { name: HOST, workerId: 'w1', roots: ['/srv'] };
    await registerHost(database, host);
    await sql`update hosts set started_at = now() - interval '1 hour', seen_at = now() - interval '1 hour'`;
    const [before] = await listHosts(database);
    await registerHost(database, { ...host, roots: ['/srv', '/opt'] });
    const [same] = await listHosts(database);
    expect(same).toMatchObject({ name: HOST, workerId: 'w1', roots: ['/srv', '/opt'] });
    expect(same?.startedAt).toEqual(before?.startedAt);
    expect(same?.seenAt.getTime()).toBeGreaterThan(before?.seenAt.getTime() ?? Number.NaN);

    await registerHost(database, { ...host, workerId: 'w2' });
    const [another] = await listHosts(database);
    expect(another?.startedAt).toEqual(another?.seenAt);
  });
});

describe('an environment', () => {
  test('is the same one when it is seen again, with what its file says now', async () => {
    const here = await world();
    const again = { ...definition, resettable: true };
    const found = await registerEnvironment(here.database, {
      host: HOST,
      workingDirectory: '/srv/lab',
      definition: again,
    });
    expect(found).toMatchObject({ id: here.environmentId, definition: again });
    expect(await listEnvironments(here.database)).toEqual([found]);
  });

  test('in another folder is another stack: nothing is known of its components', async () => {
    const here = await world();
    await want(here.database, here.environmentId, ['daemon']);
    await recordHeight(here.database, here.environmentId, 'daemon', { height: 104, known: 0 });
    const moved = { host: HOST, workingDirectory: '/srv/elsewhere', definition };
    expect(await registerEnvironment(here.database, moved)).toMatchObject({
      id: here.environmentId,
      workingDirectory: '/srv/elsewhere',
    });
    expect((await records(here)).daemon).toMatchObject({ desired: 'stopped', knownHeight: 0 });
  });

  test('of the same name on another host is another one', async () => {
    const here = await world();
    const elsewhere = await environment(here.database, 'lab', 'rig-2');
    expect(elsewhere).not.toBe(here.environmentId);
    expect((await listEnvironments(here.database)).map(({ host }) => host).sort()).toEqual([HOST, 'rig-2']);
  });

  test('is registered once, however many see it at once', async () => {
    const here = await world();
    const seen = await Promise.all(Array.from({ length: 10 }, () => environment(here.database, 'attic')));
    expect(new Set(seen).size).toBe(1);
  });

  test('that moved to another folder is another stack, of which nothing is known', async () => {
    const here = await world();
    await want(here.database, here.environmentId, ['daemon']);
    await registerEnvironment(here.database, { host: HOST, workingDirectory: '/srv/lab', definition });
    expect(await records(here)).toMatchObject({ daemon: { desired: 'running' } });
    await registerEnvironment(here.database, { host: HOST, workingDirectory: '/opt/lab', definition });
    expect(await records(here)).toMatchObject({ daemon: { desired: 'stopped', knownHeight: 0 } });
  });
});

describe('what is recorded of components', () => {
  test('begins with nothing wanted and nothing known', async () => {
    const unknown = { desired: 'stopped', knownHeight: 0 };
    expect(await records(await world())).toEqual({ daemon: unknown, pool: unknown, 'miner-1': unknown });
  });

  test('is what was wanted last', async () => {
    const here = await world();
    const { id: runId, epoch } = await claimed(here);
    for (const desired of ['running', 'stopped', 'running'] as const)
      expect(await setDesired(here.database, { runId, epoch }, ['pool', 'miner-1'], desired)).toBe(true);
    expect(await records(here)).toMatchObject({
      pool: { desired: 'running' },
      'miner-1': { desired: 'running' },
      daemon: { desired: 'stopped' },
    });
  });

  test('is the greatest height that was reached', async () => {
    const here = await world();
    const { id: runId, epoch } = await claimed(here);
    await setDesired(here.database, { runId, epoch }, ['daemon'], 'running');
    await Promise.all(
      [5, 120, 7].map((height) => reachHeight(here.database, { runId, epoch }, 'daemon', height)),
    );
    await reachHeight(here.database, { runId, epoch }, 'daemon', 0);
    expect(await records(here)).toMatchObject({ daemon: { knownHeight: 120 } });
    await setDesired(here.database, { runId, epoch }, ['daemon'], 'stopped');
    expect(await records(here)).toMatchObject({ daemon: { knownHeight: 120, desired: 'stopped' } });
  });

  test('is not what the holder of an older claim would write', async () => {
    const here = await world();
    const { id: runId, epoch } = await claimed(here);
    await setDesired(here.database, { runId, epoch }, ['daemon'], 'running');
    await reachHeight(here.database, { runId, epoch }, 'daemon', 12);
    const stale = { runId, epoch: epoch - 1 };
    expect(await setDesired(here.database, stale, ['daemon', 'pool'], 'stopped')).toBe(false);
    expect(await reachHeight(here.database, stale, 'daemon', 900)).toBe(false);
    expect(await forgetHeights(here.database, stale)).toBe(false);
    expect(await records(here)).toMatchObject({
      daemon: { desired: 'running', knownHeight: 12 },
      pool: { desired: 'stopped' },
    });
  });

  test('is no height of a chain that was wiped while somebody looked', async () => {
    const here = await world();
    const { id: runId, epoch } = await claimed(here);
    await setDesired(here.database, { runId, epoch }, ['daemon'], 'running');
    const saw = (height: number, known: number) =>
      recordHeight(here.database, here.environmentId, 'daemon', { height, known });
    await saw(120, 0);
    expect(await forgetHeights(here.database, { runId, epoch })).toBe(true);
    await saw(121, 120);
    expect(await records(here)).toMatchObject({ daemon: { knownHeight: 0 } });
  });
});
