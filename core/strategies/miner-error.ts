import { hopeless, type Plan, type Rung, type Situation, type Strategy } from '../strategy.ts';
import { switchRung } from './alternative-miner.ts';
import { needsPerson } from './needs-person.ts';

/** A miner that is gone, points elsewhere, or finds no shares. The pool is known to work. */
export const minerError: Strategy = {
  name: 'miner-error',
  failures: {
    miner: [
      'process_down',
      'missing_dependencies',
      'pool_unreachable',
      'unauthorized',
      'high_rejects',
      'no_shares',
    ],
  },
  plan(situation): Plan {
    const { diagnosis, settings } = situation;
    const { component, failure } = diagnosis;
    if (failure === 'unauthorized') return planForLogin(situation);
    const last = switchRung(situation);
    // What is not there is not started, however often.
    if (failure === 'missing_dependencies')
      return last ? { kind: 'ladder', rungs: [last] } : needsPerson.plan(situation);
    const restart: Rung = {
      actions: [
        { type: 'stop', component, force: failure === 'no_shares' },
        { type: 'clear_stale_locks', component },
        { type: 'redirect_miners' },
        { type: 'start', component, reindex: false },
      ],
      verifySeconds: VERIFY_SECONDS,
    };
    const tries = settings.strategies.minerError.maxAttempts;
    const patience = patienceWith(situation);
    const restarts = Array.from({ length: tries }, () => restart);
    const rungs = [...(patience ? [patience] : []), ...restarts].slice(0, tries);
    return { kind: 'ladder', rungs: last ? [...rungs, last] : rungs };
  },
};

const VERIFY_SECONDS = 60;
const RECONNECT_SECONDS = 2;
/** Shares must come in before they can be judged. */
const SHARES_SECONDS = 10;

/** What goes by itself, where it does; else the next rung is climbed. */
function patienceWith({ diagnosis: { component, failure } }: Situation): Rung | null {
  switch (failure) {
    case 'pool_unreachable':
      // A miner that has just lost its pool comes back by itself; one that counts to thirty first does not wait here.
      return { actions: [{ type: 'redirect_miners' }], verifySeconds: RECONNECT_SECONDS };
    case 'high_rejects':
      // Shares for a pool that was behind are rejected until the last of them is forgotten.
      return { actions: [{ type: 'wait', component }], verifySeconds: SHARES_SECONDS };
    default:
      return null;
  }
}

/** `davy.json` is right about the login: where the miner's own file says otherwise, that is corrected. */
function planForLogin({ diagnosis, observation }: Situation): Plan {
  const { component } = diagnosis;
  const miner = observation.miners.find((facts) => facts.component === component);
  if (miner?.loginMatches !== false)
    return hopeless(
      'critical_error',
      diagnosis,
      "Correct the miner's login in davy.json, or add it to the pool's users.",
    );
  const actions: Rung['actions'] = [
    { type: 'stop', component, force: false },
    { type: 'align_login', component },
    { type: 'start', component, reindex: false },
  ];
  return { kind: 'ladder', rungs: [{ actions, verifySeconds: VERIFY_SECONDS }] };
}
