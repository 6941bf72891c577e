import { cp, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { waitUntil } from '../../worker/host/deadline.ts';
import { redisMissing, startRedis, type TestRedis } from '../support/redis.ts';
import { endings } from './support/endings.ts';
import { type Light, soon, startLight } from './support/light.ts';
import { ownPostgres } from './support/own-postgres.ts';
import { STEPS } from './support/steps.ts';

/** Several processes start in each test, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

/** What the API promises of a Redis that is away, and the worker of its own end. */
const CONTRACT_ACCEPT_MS = 1_000;
const CONTRACT_EXIT_MS = 15_000;

describe.skipIf(redisMissing)('with a queue on Redis', () => {
  const { atEnd, all } = endings();
  let redis: TestRedis;
  let light: Light;

  beforeAll(async () => {
    const { url: databaseUrl } = await ownPostgres(atEnd);
    redis = await startRedis();
    atEnd(() => redis.stop());
    light = await startLight({ databaseUrl, redisUrl: redis.url, environments: 12, workers: 2 }, atEnd);
  });
  afterAll(all);

  let taken = 0;
  const nextFolder = () => light.folders[taken++] ?? '';

  async function runsOnce(folder = nextFolder()): Promise<{ acceptedMs: number }> {
    const { status, run, durationMs } = await light.post(STEPS, { folder });
    expect(status).toBe(202);
    await light.untilSucceeded(run.id);
    await light.expectEachOnce(folder);
    return { acceptedMs: durationMs };
  }

  const queueIs = (state: string) =>
    waitUntil(async () => (await light.ask('/readyz')).body.queue === state, soon(`the queue is ${state}`));

  test('killed and back: a running stage goes on, and so does its run without the queue', async () => {
    const folder = nextFolder();
    const held = await light.postHeld(folder);
    await redis.kill();
    await runsOnce();
    await light.openGate(folder);
    await light.untilSucceeded(held.id);
    await redis.restart();
    await queueIs('ok');
    await runsOnce();
    await light.expectEachOnce(folder);
  });

  test('frozen: a run is accepted within a second and completes, and late calls change nothing', async () => {
    const folder = nextFolder();
    redis.freeze();
    const { acceptedMs } = await runsOnce(folder).finally(redis.thaw);
    expect(acceptedMs).toBeLessThan(CONTRACT_ACCEPT_MS);
    await queueIs('ok');
    await runsOnce();
    await light.expectEachOnce(folder);
  });

  test('emptied while runs are under way: all of them end', async () => {
    const folders = [nextFolder(), nextFolder(), nextFolder()];
    const runs = await Promise.all(folders.map((folder) => light.postHeld(folder)));
    expect(await redis.command('FLUSHALL')).toBe('+OK\r\n');
    await Promise.all(folders.map((folder) => light.openGate(folder)));
    for (const { id } of runs) await light.untilSucceeded(id);
    for (const folder of folders) await light.expectEachOnce(folder);
  });

  test('an old dump restored: its calls are for nothing; a truncated one loses no run', async () => {
    const folder = nextFolder();
    const data = await dataFolder();
    await light.worker.end();
    const { run } = await light.post(STEPS, { folder });
    await waitUntil(async () => (await waiting()) > 0, soon('its call waits'));
    const old = `${data}-old`;
    await cp(join(data, 'appendonlydir'), old, { recursive: true });
    light.worker.start();
    await light.untilSucceeded(run.id);
    const before = await light.rows(`select epoch, dispatch from runs where id = '${run.id}'`);

    await redis.kill();
    await rm(join(data, 'appendonlydir'), { recursive: true });
    await cp(old, join(data, 'appendonlydir'), { recursive: true });
    await redis.restart();
    await waitUntil(async () => (await waiting()) === 0, soon('the old call is taken'));
    expect(await light.rows(`select epoch, dispatch from runs where id = '${run.id}'`)).toEqual(before);
    await light.expectEachOnce(folder);

    const half = nextFolder();
    const held = await light.postHeld(half);
    await redis.kill();
    await halve(join(data, 'appendonlydir'));
    await redis.restart();
    await light.openGate(half);
    await light.untilSucceeded(held.id);
    await light.expectEachOnce(half);
    await runsOnce();
  });

  async function dataFolder(): Promise<string> {
    const answer = await redis.command('CONFIG', 'GET', 'dir');
    return answer.split('\r\n').find((line) => line.startsWith('/')) ?? '';
  }

  const waiting = async () => {
    const keys = ['davylamp:stages-rig-1:wait', 'davylamp:stages-rig-1:active'];
    const counts = await Promise.all(keys.map((key) => redis.command('LLEN', key)));
    return counts.reduce((sum, answer) => sum + Number(answer.slice(1)), 0);
  };

  test('at its memory limit: a run is accepted and completes, and the alarm is raised', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
    await runsOnce();
    await queueIs('unavailable');
    const said = await light.logOf(light.api);
    expect(said.some(({ reason = '' }) => reason.includes('OOM command not allowed'))).toBe(true);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await queueIs('ok');
  });

  test('that evicts keys: nothing starts on it', async () => {
    const [, second] = light.workers;
    if (!second) throw new Error('no second worker');
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    second.start();
    await waitUntil(() => second.ends > 0, soon('the second worker ends'));
    await second.end();
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(await readFile(second.logFile, 'utf8')).toContain('set maxmemory-policy noeviction');
  });

  test('frozen: a worker that is told to end does so within 15 s', async () => {
    const { ends } = light.worker;
    redis.freeze();
    const toldAt = performance.now();
    light.worker.signal('SIGTERM');
    await waitUntil(() => light.worker.ends > ends, soon('the worker ends', 60_000)).finally(redis.thaw);
    expect(performance.now() - toldAt).toBeLessThan(CONTRACT_EXIT_MS);
  });
});

/** Cuts the newest part of an append-only file in two. */
async function halve(folder: string): Promise<void> {
  const manifest = await readFile(join(folder, 'appendonly.aof.manifest'), 'utf8');
  const name = /file (\S+) seq \d+ type i/.exec(manifest)?.[1] ?? '';
  const { length } = await readFile(join(folder, name));
  await truncate(join(folder, name), Math.floor(length / 2));
}
