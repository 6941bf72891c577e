import { Redis } from 'ioredis';
import { messageOf } from '../core/errors.ts';
import { within } from './deadline.ts';
import { problemIn, versionIn } from './redis-info.ts';

export interface RedisFacts {
  version: string;
  /** What makes it unfit to keep our jobs; `null`: nothing. */
  problem: string | null;
}

const TIMEOUT_MS = 3_000;

/** Looks at a Redis and changes nothing. Rejects with the reason where it does not answer. */
export async function lookAtRedis(url: string): Promise<RedisFacts> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: string | null = null;
  client.on('error', (error) => {
    reason ??= messageOf(error);
  });
  try {
    await within(TIMEOUT_MS, 'Redis', client.connect());
    const info = await within(TIMEOUT_MS, 'Redis', client.info());
    return { version: versionIn(info), problem: problemIn(info) ?? null };
  } catch (error) {
    // What the socket said tells more than that the connection is closed.
    throw new Error(reason ?? messageOf(error), { cause: error });
  } finally {
    client.disconnect();
  }
}
