import { type Action, type Plan, type Rung, repeat, type Strategy } from '../strategy.ts';

/** A pool that is gone, deaf, on a port that it cannot have, or behind the chain. The daemon is known to work. */
export const poolDisconnection: Strategy = {
  name: 'pool-disconnection',
  failures: {
    pool: [
      'process_down',
      'daemon_lost',
      'stratum_not_listening',
      'stratum_port_conflict',
      'stratum_unreachable',
      'stratum_deaf',
      'stale_work',
      'rpc_unauthorized',
    ],
  },
  plan({ diagnosis: { component, failure }, observation, environment, settings }): Plan {
    const verifySeconds = environment.pool.startTimeoutSeconds;
    const rung = (...before: Action[]): Rung => ({
      actions: [
        { type: 'stop', component, force: failure === 'stratum_deaf' && observation.pool.busy === undefined },
        { type: 'clear_stale_locks', component },
        ...before,
        { type: 'start', component, reindex: false },
        { type: 'redirect_miners' },
      ],
      verifySeconds,
    });
    const restart = rung();
    const patience: Rung = { actions: [{ type: 'wait', component }], verifySeconds: 2 };
    // A port that somebody holds is not worth a try; the rest is climbed in the declared order.
    const moves = observation.pool.alternatives
      .filter(({ holder }) => holder !== 'foreign')
      .map(({ port }) => rung({ type: 'move_stratum_port', component, port }));
    // Where it works at another address, the miners need to go there; the pool itself is left alone.
    const crossing: Rung = {
      actions: [{ type: 'switch_reach', component }, { type: 'redirect_miners' }],
      verifySeconds,
    };
    const crossings = observation.pool.answersAt === undefined ? [] : [crossing];
    const tries = settings.strategies.poolDisconnection.maxAttempts;
    switch (failure) {
      case 'stratum_port_conflict':
        return { kind: 'ladder', rungs: moves.slice(0, tries) };
      case 'stratum_not_listening':
      case 'stratum_unreachable':
        return { kind: 'ladder', rungs: [...crossings, restart, ...moves].slice(0, tries) };
      case 'rpc_unauthorized':
        return { kind: 'ladder', rungs: [rung({ type: 'align_credentials', component })] };
      case 'stale_work':
        return { kind: 'ladder', rungs: [patience, restart, restart].slice(0, tries) };
      case 'stratum_deaf':
        // It collects garbage or works through what came in: that comes to an end.
        if (observation.pool.busy !== undefined)
          return {
            kind: 'ladder',
            rungs: [{ ...patience, verifySeconds: BUSY_SECONDS }, restart, restart].slice(0, tries),
          };
        return repeat(restart, tries);
      default:
        return { kind: 'ladder', rungs: Array.from({ length: tries }, () => restart) };
    }
  },
};

const BUSY_SECONDS = 10;
