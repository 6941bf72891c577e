import type { Diagnosis } from '../failure.ts';
import type { Strategy } from '../strategy.ts';
import { daemonCrash } from './daemon-crash.ts';
import { minerError } from './miner-error.ts';
import { needsPerson } from './needs-person.ts';
import { poolDisconnection } from './pool-disconnection.ts';
import { rpcFailure } from './rpc-failure.ts';

/** The strategies, in the order in which they are asked. A new one is one file and one line here. */
export const STRATEGIES: readonly Strategy[] = [
  daemonCrash,
  rpcFailure,
  poolDisconnection,
  minerError,
  needsPerson,
];

/** The strategy for a diagnosis; what no strategy knows needs a person. */
export function strategyFor(diagnosis: Diagnosis): Strategy {
  const knows = (strategy: Strategy) =>
    strategy.failures[diagnosis.role]?.includes(diagnosis.failure) ?? false;
  return STRATEGIES.find(knows) ?? needsPerson;
}
