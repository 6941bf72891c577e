import { mayManage } from '../environment.ts';
import type { Diagnosis } from '../failure.ts';
import { hopeless, type Plan, type Situation, type Strategy, type StrategyName } from '../strategy.ts';
import { planForCrashLoop } from './crash-loop.ts';
import { daemonCrash } from './daemon-crash.ts';
import { minerError } from './miner-error.ts';
import { needsPerson } from './needs-person.ts';
import { poolDisconnection } from './pool-disconnection.ts';
import { rpcFailure } from './rpc-failure.ts';
import { staleLock } from './stale-lock.ts';

/** The strategies, in the order in which they are asked. A new one is one file and one line here. */
export const STRATEGIES: readonly Strategy[] = [
  daemonCrash,
  rpcFailure,
  poolDisconnection,
  minerError,
  staleLock,
  needsPerson,
];

/** The strategy for a diagnosis; what no strategy knows needs a person. */
export function strategyFor(diagnosis: Diagnosis): Strategy {
  const knows = (strategy: Strategy) =>
    strategy.failures[diagnosis.role]?.includes(diagnosis.failure) ?? false;
  return STRATEGIES.find(knows) ?? needsPerson;
}

/** What is to be done about a failure, and by whose plan: a component in a crash loop is not started once more. */
export function planFor(situation: Situation): { strategy: StrategyName; plan: Plan } {
  const loop = planForCrashLoop(situation);
  if (loop) return { strategy: 'crash-loop', plan: permitted(loop, situation) };
  const strategy = strategyFor(situation.diagnosis);
  return { strategy: strategy.name, plan: permitted(strategy.plan(situation), situation) };
}

/** Where Davylamp may only look on, nothing but patience is left of a plan. */
function permitted(plan: Plan, { environment, diagnosis }: Situation): Plan {
  if (plan.kind === 'hopeless' || mayManage(environment)) return plan;
  const rungs = plan.rungs.filter(({ actions }) => actions.every(({ type }) => type === 'wait'));
  if (rungs.length > 0) return { ...plan, rungs };
  return hopeless(
    'critical_error',
    diagnosis,
    'Davylamp only observes this environment: repair it by hand, or say "manage": true in davy.json.',
  );
}
