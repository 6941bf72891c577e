import { type Action, repeat, type Strategy } from '../strategy.ts';

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
      case 'chain_rolled_back':
        return repeat(
          {
            actions: [
              { type: 'stop', component, force: false },
              { type: 'start', component, reindex: true },
              { type: 'connect_peers', component },
            ],
            verifySeconds: Math.max(verifySeconds, 120),
          },
          tries,
        );
      default:
        return repeat(
          {
            actions: [
              ...setAside,
              { type: 'clear_stale_locks', component },
              { type: 'start', component, reindex: false },
              { type: 'connect_peers', component },
            ],
            verifySeconds,
          },
          tries,
        );
    }
  },
};
