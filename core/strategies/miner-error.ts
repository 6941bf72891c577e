import { hopeless, type Plan, type Rung, type Strategy } from '../strategy.ts';

/** A miner that is gone, points elsewhere, or finds no shares. The pool is known to work. */
export const minerError: Strategy = {
  name: 'miner-error',
  failures: {
    miner: ['process_down', 'pool_unreachable', 'unauthorized', 'high_rejects', 'no_shares', 'stale_lock'],
  },
  plan({ diagnosis, settings }): Plan {
    const { component, failure } = diagnosis;
    if (failure === 'unauthorized')
      return hopeless(
        'critical_error',
        diagnosis,
        "Correct the miner's login in davy.json, or add it to the pool's users.",
      );
    const restart: Rung = {
      actions: [
        { type: 'stop', component, force: failure === 'no_shares' },
        { type: 'clear_stale_locks', component },
        { type: 'redirect_miners' },
        { type: 'start', component, reindex: false },
      ],
      verifySeconds: 60,
    };
    const tries = settings.strategies.minerError.maxAttempts;
    // A miner that has just lost its pool comes back by itself; one that counts to thirty first does not wait here.
    const patience: Rung = { actions: [{ type: 'redirect_miners' }], verifySeconds: RECONNECT_SECONDS };
    const first = failure === 'pool_unreachable' ? [patience] : [];
    const restarts = Array.from({ length: tries }, () => restart);
    return { kind: 'ladder', rungs: [...first, ...restarts].slice(0, tries) };
  },
};

const RECONNECT_SECONDS = 2;
