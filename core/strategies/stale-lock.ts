import type { Environment } from '../environment.ts';
import type { Diagnosis } from '../failure.ts';
import { type Action, repeat, type Strategy } from '../strategy.ts';

/** A component that does not start for a lock that nobody holds any more. */
export const staleLock: Strategy = {
  name: 'stale-lock',
  failures: { daemon: ['stale_lock'], pool: ['stale_lock'], miner: ['stale_lock'] },
  plan({ diagnosis: { component, role }, environment, settings }) {
    const actions: Action[] = [
      { type: 'clear_stale_locks', component },
      { type: 'start', component, reindex: false },
      ...(role === 'daemon' ? [{ type: 'connect_peers', component } as const] : []),
      ...(role === 'pool' ? [{ type: 'redirect_miners' } as const] : []),
    ];
    const rung = { actions, verifySeconds: startSeconds(role, environment) };
    return repeat(rung, settings.strategies.staleLock.maxAttempts);
  },
};

function startSeconds(role: Diagnosis['role'], { daemon, pool }: Environment): number {
  return role === 'daemon' ? daemon.startTimeoutSeconds : pool.startTimeoutSeconds;
}
