import type { Environment } from '../environment.ts';
import { type DaemonFacts, isCatchingUp } from '../observation.ts';
import { type Action, type Rung, repeat, type Strategy } from '../strategy.ts';

/** A daemon that is not there, or whose data suffered when it went: start it, with a reindex where blocks are missing. */
export const daemonCrash: Strategy = {
  name: 'daemon-crash',
  failures: { daemon: ['process_down', 'data_corrupt', 'chain_rolled_back', 'no_peers'] },
  plan({ diagnosis: { component, failure }, observation, environment, settings }) {
    const tries = settings.strategies.daemonCrash.maxAttempts;
    const verifySeconds = environment.daemon.startTimeoutSeconds;
    const facts = observation.daemons.find((daemon) => daemon.component === component);
    const setAside: Action[] =
      facts?.startFailure?.cause === 'bad_settings' ? [{ type: 'set_aside_settings', component }] : [];
    switch (failure) {
      case 'no_peers':
        return repeat({ actions: [{ type: 'connect_peers', component }], verifySeconds }, tries);
      case 'data_corrupt':
      case 'chain_rolled_back': {
        const restart = (reindex: boolean): Rung => ({
          actions: [
            { type: 'stop', component, force: false },
            { type: 'start', component, reindex },
            { type: 'connect_peers', component },
          ],
          verifySeconds: Math.max(verifySeconds, REINDEX_SECONDS),
        });
        if (facts === undefined || !isCatchingUp(facts)) return repeat(restart(true), tries);
        // A reindex goes on after a restart where it was; with -reindex it would begin anew, and never end.
        const wait: Rung = { actions: [{ type: 'wait', component }], verifySeconds: CATCH_UP_SECONDS };
        return { kind: 'ladder', rungs: [wait, restart(false), restart(true)].slice(0, tries) };
      }
      default: {
        const reindex = facts !== undefined && mayHaveLostBlocks(facts, environment);
        return repeat(
          {
            actions: [
              ...setAside,
              { type: 'clear_stale_locks', component },
              { type: 'start', component, reindex },
              { type: 'connect_peers', component },
            ],
            verifySeconds: reindex ? Math.max(verifySeconds, REINDEX_SECONDS) : verifySeconds,
          },
          tries,
        );
      }
    }
  },
};

const REINDEX_SECONDS = 120;
/** As long as it makes progress: the time of the attempt ends first, and the next one waits on. */
const CATCH_UP_SECONDS = 3_600;
/** A practice chain of this height is read anew in less than the second that a look at its loss would take. */
const QUICK_HEIGHT_MAX = 2_000;

/**
 * A daemon that was killed forgets the blocks since its last flush, though its block files still have them. A peer
 * would bring them back; without one only a reindex does, and what is mined before that is another chain.
 */
function mayHaveLostBlocks({ process, knownHeight, peer }: DaemonFacts, environment: Environment): boolean {
  const endedBadly = process.state === 'down' && process.exit?.exitCode !== 0;
  return (
    environment.network === 'regtest' &&
    environment.peers.length === 0 &&
    !peer &&
    endedBadly &&
    knownHeight > 0 &&
    knownHeight <= QUICK_HEIGHT_MAX
  );
}
