import { createRedisBackend, type Processor, Queue, type QueueBaseOptions, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { DeadlineExceeded, settledWithin, within } from './deadline.ts';
import { type Link, QUEUE_SETTINGS, WORKER_SETTINGS } from './link.ts';
import { problemIn } from './redis-info.ts';
import { steady } from './steady.ts';

const PREFIX = 'davylamp';
const FIRST_CONTACT_TIMEOUT_MS = 3_000;
const QUIT_TIMEOUT_MS = 300;

/** Redis is reachable and cannot be used as it is configured. */
export class RedisUnsuitable extends Error {
  override name = 'RedisUnsuitable';
}

/** @param unansweredMs how long a command may stay unanswered before the connection is made anew. */
export function redisLink(url: string, unansweredMs: number, log: Log): Link {
  const client = connect(url, unansweredMs);
  client.on('error', (error) => log('warn', 'Redis connection failed', { reason: messageOf(error) }));
  const options = { connection: client, prefix: PREFIX };
  return {
    open: () => firstContact(client, log),
    queue: (name) => new Queue(name, { ...QUEUE_SETTINGS, ...options }, createRedisBackend),
    worker: (name, process, concurrency) => redisWorker(name, process, { ...options, concurrency }),
    connected: () => client.status === 'ready',
    refused: (error) => error instanceof Error && error.name === 'ReplyError',
    problem: async () => problemIn(await client.info()),
    close: () => disconnect(client),
  };
}

function redisWorker(
  name: string,
  process: Processor,
  options: QueueBaseOptions & { prefix: string; concurrency: number },
): Worker {
  return new Worker(name, process, { ...WORKER_SETTINGS, ...options }, (...args) =>
    steady(createRedisBackend(...args)),
  );
}

function connect(url: string, unansweredMs: number): Redis {
  return new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(50 * 2 ** times, 2_000),
    connectTimeout: 2_000,
    socketTimeout: unansweredMs,
    keepAlive: 5_000,
    disconnectTimeout: 100,
  });
}

/**
 * A Redis that is away is no reason to refuse it: work goes on without, and `problem()` tells later.
 * @throws RedisUnsuitable where it would throw jobs away, is too old, or does not let us in.
 */
async function firstContact(client: Redis, log: Log): Promise<void> {
  const info = await within(FIRST_CONTACT_TIMEOUT_MS, 'Redis', client.info()).catch((error: unknown) => {
    if (!(error instanceof DeadlineExceeded)) throw new RedisUnsuitable(`Redis: ${messageOf(error)}`);
    log('warn', 'Redis does not answer, going on without it', { reason: messageOf(error) });
  });
  const problem = info === undefined ? undefined : problemIn(info);
  if (problem !== undefined) throw new RedisUnsuitable(problem);
}

async function disconnect(client: Redis): Promise<void> {
  if (client.status === 'ready') await settledWithin(QUIT_TIMEOUT_MS, client.quit());
  client.disconnect();
}
