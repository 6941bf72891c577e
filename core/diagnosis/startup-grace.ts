import type { Environment } from '../environment.ts';
import type { Diagnosis } from '../failure.ts';
import type { Observation } from '../observation.ts';

/** A pool that claims to listen and does not would cost this much more: no start is given its whole time here. */
const STARTUP_GRACE_SECONDS_MAX = 5;

/**
 * How many seconds a pool that was only just started still has to open its port before a restart is worth a try;
 * 0: it is old enough to be judged.
 */
export function startupGraceSeconds(
  { role, failure }: Diagnosis,
  { pool: { process } }: Observation,
  environment: Environment,
): number {
  if (role !== 'pool' || failure !== 'stratum_not_listening' || process.state !== 'running') return 0;
  if (process.startedSecondsAgo === null) return 0;
  const needed = Math.min(environment.pool.startTimeoutSeconds, STARTUP_GRACE_SECONDS_MAX);
  return Math.max(0, needed - process.startedSecondsAgo);
}
