import { messageOf } from '../../../core/errors.ts';
import { lookAtRedis } from '../../../queue/look.ts';
import type { DoctorContext } from '../checks.ts';
import { type Finding, ok, problem } from '../finding.ts';

/** Redis, where REDIS_URL names one. */
export async function lookAtQueue({ config: { redisUrl } }: DoctorContext): Promise<Finding[]> {
  if (redisUrl === null) return [ok('queue', 'in Postgres: REDIS_URL is not set')];
  const { host } = new URL(redisUrl);
  try {
    const { version, problem: unfit } = await lookAtRedis(redisUrl);
    if (unfit === null) return [ok('queue', `Redis ${version} at ${host}`)];
    return [
      problem('queue', `at ${host}: ${unfit}`, 'Change it in redis.conf, or with CONFIG SET, and restart.'),
    ];
  } catch (error) {
    const mend = 'Start it, or correct REDIS_URL; without that variable the queue is in Postgres.';
    return [problem('queue', `Redis at ${host} cannot be asked: ${messageOf(error)}`, mend)];
  }
}
