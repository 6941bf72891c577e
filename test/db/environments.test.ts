import { describe, expect, test } from 'vitest';
import { componentsOf } from '../../core/component.ts';
import { parseEnvironment } from '../../core/environment.ts';
import {
  componentRecords,
  listEnvironments,
  listHosts,
  recordHeight,
  registerEnvironment,
  registerHost,
  setDesired,
} from '../../db/environments.ts';
import { environment, HOST, type World, world } from './fixtures/world.ts';

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
    await setDesired(here.database, here.environmentId, 'daemon', 'running');
    await recordHeight(here.database, here.environmentId, 'daemon', 104);
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
    await setDesired(here.database, here.environmentId, 'daemon', 'running');
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
    for (const desired of ['running', 'stopped', 'running'] as const)
      await setDesired(here.database, here.environmentId, 'pool', desired);
    expect(await records(here)).toMatchObject({
      pool: { desired: 'running' },
      daemon: { desired: 'stopped' },
    });
  });

  test('is the greatest height ever seen', async () => {
    const here = await world();
    await setDesired(here.database, here.environmentId, 'daemon', 'running');
    await Promise.all(
      [5, 120, 7].map((height) => recordHeight(here.database, here.environmentId, 'daemon', height)),
    );
    await recordHeight(here.database, here.environmentId, 'daemon', 0);
    expect(await records(here)).toMatchObject({ daemon: { knownHeight: 120 } });
    await setDesired(here.database, here.environmentId, 'daemon', 'stopped');
    expect(await records(here)).toMatchObject({ daemon: { knownHeight: 120, desired: 'stopped' } });
  });
});
