import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BullDispatcher, openDispatcher } from '../../queue/dispatcher.ts';
import { RedisUnsuitable } from '../../queue/redis.ts';
import { problemIn } from '../../queue/redis-info.ts';
import { redisMissing, startRedis, type TestRedis } from '../support/redis.ts';
import { eventually, someJob } from './brokers.ts';

const FULL = /memory limit/;

test.each([
  ['6.2.0', undefined],
  ['7.0.15', undefined],
  ['10.0.1', undefined],
  ['6.0.16', /too old/],
  ['5.0.7', /too old/],
])('Redis %s is judged by its version', (version, expected) => {
  const problem = problemIn(`# Server\r\nredis_version:${version}\r\n\r\nmaxmemory_policy:noeviction\r\n`);
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(expected);
});

describe.skipIf(redisMissing !== undefined)(redisMissing ?? 'a Redis that is not as it should be', () => {
  let redis: TestRedis;
  let dispatcher: BullDispatcher | undefined;

  beforeEach(async () => {
    redis = await startRedis();
    dispatcher = undefined;
  });
  afterEach(async () => {
    await dispatcher?.close();
    await redis.stop();
  });

  const open = async (url = redis.url) => {
    dispatcher = await openDispatcher({ redisUrl: url, databaseUrl: 'postgres://none', log: () => {} });
    return dispatcher;
  };

  test('is refused when it evicts keys', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(open()).rejects.toThrow(/maxmemory-policy allkeys-lru.*noeviction/);
    await expect(open()).rejects.toBeInstanceOf(RedisUnsuitable);
  });

  test('is refused when it does not let us in, without telling the password', async () => {
    await redis.command('CONFIG', 'SET', 'requirepass', 'hunter2');
    await expect(open()).rejects.toThrow(/NOAUTH/);
    const refusal = await open(redis.url.replace('//', '//:wrong-secret@')).catch(String);
    expect(refusal).toMatch(/WRONGPASS/);
    expect(refusal).not.toContain('wrong-secret');
    expect(await (await open(redis.url.replace('//', '//:hunter2@'))).health()).toEqual({ ok: true });
  });

  test('is waited for when it is away at the start', async () => {
    await redis.kill();
    const queue = await open();
    expect(await queue.enqueue(someJob('rig-1'))).toBe('failed');
    const woken: string[] = [];
    const consumer = queue.consume('rig-1', async ({ runId }) => void woken.push(runId), { concurrency: 1 });
    await redis.restart();
    const job = someJob('rig-1');
    await eventually(async () => (await queue.enqueue(job)) === 'enqueued');
    await eventually(() => woken.includes(job.runId));
    await consumer.close();
  });

  test('raises the alarm when its memory is full, and fails to enqueue at once', async () => {
    const queue = await open();
    await redis.command('CONFIG', 'SET', 'maxmemory', '1kb');
    expect(await queue.enqueue(someJob('rig-1'))).toBe('failed');
    expect(await queue.health()).toEqual({ ok: false, reason: expect.stringMatching(FULL) });
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await queue.enqueue(someJob('rig-1'))).toBe('enqueued');
    expect(await queue.health()).toEqual({ ok: true });
  });
});
