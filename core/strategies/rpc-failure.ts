import { INITIAL_DOWNLOAD } from '../diagnosis/daemon.ts';
import { type DaemonFacts, isCatchingUp } from '../observation.ts';
import { callFor, hopeless, type Plan, type Rung, repeat, type Strategy } from '../strategy.ts';

/** A daemon whose process lives but whose RPC does not answer as it should. */
export const rpcFailure: Strategy = {
  name: 'rpc-failure',
  failures: { daemon: ['rpc_refused', 'rpc_timeout', 'rpc_unauthorized', 'warming_up', 'unknown'] },
  plan({ diagnosis, observation, environment, settings }): Plan {
    const { component, failure } = diagnosis;
    const facts = observation.daemons.find((daemon) => daemon.component === component);
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
    const patient = (seconds: number, then: Rung): Plan => ({
      kind: 'ladder',
      rungs: [{ ...wait, verifySeconds: seconds }, then, then],
    });
    switch (failure) {
      case 'warming_up': {
        if (environment.network !== 'regtest' || facts === undefined || !waitsForBlocks(facts))
          return repeat(wait, tries);
        // A peer that has newer blocks would tell of them at once; where none has, nobody ever will.
        const mine: Rung = { actions: [{ type: 'mine_block', component }], verifySeconds };
        return { kind: 'ladder', rungs: [{ ...wait, verifySeconds: 2 }, mine, wait] };
      }
      case 'rpc_timeout':
        // A flush or a verification comes to its end, and a kill in its middle costs what was not written yet.
        if (facts?.busy !== undefined) return patient(BUSY_SECONDS, restart(false));
        // A full work queue empties by itself in most cases.
        if (facts?.rpc?.kind === 'work_queue_full') return patient(QUEUE_SECONDS, restart(true));
        // A process that is stopped sees no SIGTERM; one that hangs does nothing, and loses nothing with a kill.
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
        if (facts?.rpc?.kind === 'ok' && facts.template?.kind === 'error') {
          // An answer will be the same tomorrow; that none comes may be the work of a moment.
          const patience = { ...wait, verifySeconds: facts.template.code === null ? verifySeconds : 2 };
          return {
            kind: 'ladder',
            rungs: [patience, restart(false)],
            otherwise: callFor('critical_error', diagnosis, NO_WORK),
          };
        }
        return {
          kind: 'ladder',
          rungs: [
            {
              ...wait,
              verifySeconds: facts?.stopping === undefined ? 2 : Math.max(verifySeconds, STOPPING_SECONDS),
            },
            ...Array.from({ length: tries - 1 }, () => restart(false)),
          ],
        };
    }
  },
};

/** Whether it loaded all that it knows of, and gives no work for the age of its tip alone. */
function waitsForBlocks(facts: DaemonFacts): boolean {
  const { template } = facts;
  return template?.kind === 'error' && template.code === INITIAL_DOWNLOAD && !isCatchingUp(facts);
}

const NO_WORK =
  'The daemon runs and gives no work, and a restart changes nothing: its own words say what is in the way, as a transaction in its memory pool or a rule of its chain. Mend that, then resume the run.';
const QUEUE_SECONDS = 10;
/** A flush to a slow disk may take longer: then it goes on while the daemon stops. */
const BUSY_SECONDS = 30;
/** What a daemon writes at its end is lost with a kill: a cache that was weeks in the making, too. */
const STOPPING_SECONDS = 60;
