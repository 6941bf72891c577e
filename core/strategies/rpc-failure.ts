import type { DaemonFacts } from '../observation.ts';
import { callFor, hopeless, type Plan, type Rung, repeat, type Strategy } from '../strategy.ts';

/** A daemon whose process lives but whose RPC does not answer as it should. */
export const rpcFailure: Strategy = {
  name: 'rpc-failure',
  failures: { daemon: ['rpc_refused', 'rpc_timeout', 'rpc_unauthorized', 'warming_up', 'unknown'] },
  plan({ diagnosis, observation, environment, settings }): Plan {
    const { component, failure } = diagnosis;
    const tries = settings.strategies.rpcFailure.maxAttempts;
    const verifySeconds = environment.daemon.startTimeoutSeconds;
    const wait: Rung = { actions: [{ type: 'wait', component }], verifySeconds };
    const restart = (force: boolean): Rung => ({
      actions: [
        { type: 'stop', component, force },
        { type: 'start', component, reindex: false },
        { type: 'connect_peers', component },
      ],
      verifySeconds,
    });
    switch (failure) {
      case 'warming_up':
        return repeat(wait, tries);
      case 'rpc_timeout':
        // A full work queue empties by itself in most cases; a hung process never does.
        if (observation.daemons.some((daemon) => daemon.component === component && isBusy(daemon)))
          return {
            kind: 'ladder',
            rungs: [{ ...wait, verifySeconds: BUSY_SECONDS }, restart(true), restart(true)],
          };
        return repeat(restart(true), tries);
      case 'rpc_unauthorized':
        if (environment.daemon.credentials !== undefined)
          return hopeless(
            'critical_error',
            diagnosis,
            'Correct daemon.credentials in davy.json, or the rpcuser and rpcpassword of the daemon.',
          );
        // The credentials come from its own config file: a daemon that refuses them runs with older ones, or, where
        // a restart does not help, with others that only its owner knows.
        return {
          kind: 'ladder',
          rungs: [restart(false)],
          otherwise: callFor(
            'critical_error',
            diagnosis,
            'Set daemon.credentials in davy.json to the RPC user and password that the daemon takes. Then resume the run.',
          ),
        };
      default:
        return {
          kind: 'ladder',
          rungs: [{ ...wait, verifySeconds: 2 }, ...Array.from({ length: tries - 1 }, () => restart(false))],
        };
    }
  },
};

const BUSY_SECONDS = 10;

function isBusy({ rpc }: DaemonFacts): boolean {
  return rpc?.kind === 'work_queue_full';
}
