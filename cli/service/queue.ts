import type { Log } from '../../core/log.ts';
import { type BullDispatcher, openDispatcher } from '../../queue/dispatcher.ts';
import type { ServiceConfig } from '../environment-variables.ts';

/** The queue on Redis where REDIS_URL is set, else in the database. */
export async function openQueue(config: ServiceConfig, log: Log): Promise<BullDispatcher> {
  const { redisUrl, databaseUrl } = config;
  return await openDispatcher({ ...(redisUrl === null ? {} : { redisUrl }), databaseUrl, log });
}
