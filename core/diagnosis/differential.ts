import type { Diagnosis, FAILURES, FailureType } from '../failure.ts';
import { allFacts, mainDaemon, type Observation } from '../observation.ts';
import { DAEMON_CONTRADICTIONS, MINER_CONTRADICTIONS, POOL_CONTRADICTIONS } from './contradictions.ts';

/** A failure that would have looked much the same, and the fact that was seen and speaks against it. */
export interface RuledOut {
  component: string;
  failure: FailureType;
  fact: string;
}

type Layers = Pick<typeof FAILURES, 'daemon' | 'pool' | 'miner'>;
type Differentials = {
  readonly [Layer in keyof Layers]: Readonly<
    Record<
      Layers[Layer][number] | 'stale_lock',
      readonly (Layers[Layer][number] | (typeof FAILURES)['any'][number])[]
    >
  >;
};

/** What each failure is easily taken for, the likeliest first. */
const DIFFERENTIALS: Differentials = {
  daemon: {
    process_down: [
      'rpc_refused',
      'port_conflict',
      'stale_lock',
      'lock_held',
      'data_corrupt',
      'bad_config',
      'resource_exhausted',
    ],
    rpc_refused: ['process_down', 'port_conflict', 'rpc_timeout'],
    rpc_unauthorized: ['process_down', 'rpc_refused', 'rpc_timeout'],
    rpc_timeout: ['process_down', 'rpc_refused', 'resource_exhausted'],
    warming_up: ['rpc_refused', 'rpc_unauthorized', 'rpc_timeout'],
    port_conflict: ['lock_held', 'stale_lock', 'data_corrupt', 'bad_config'],
    lock_held: ['stale_lock', 'port_conflict', 'data_corrupt'],
    data_corrupt: ['lock_held', 'port_conflict', 'bad_config', 'resource_exhausted'],
    chain_rolled_back: ['warming_up', 'rpc_timeout', 'data_corrupt'],
    bad_config: ['port_conflict', 'lock_held', 'data_corrupt'],
    incompatible: ['no_peers', 'warming_up', 'rpc_unauthorized'],
    no_peers: ['incompatible', 'warming_up', 'rpc_unauthorized'],
    stale_lock: ['lock_held', 'port_conflict', 'data_corrupt', 'bad_config'],
  },
  pool: {
    process_down: [
      'stratum_not_listening',
      'stratum_port_conflict',
      'stale_lock',
      'bad_config',
      'resource_exhausted',
    ],
    daemon_lost: ['stratum_deaf', 'rpc_unauthorized', 'process_down'],
    stratum_not_listening: ['process_down', 'stratum_port_conflict', 'bad_config'],
    stratum_port_conflict: ['stratum_not_listening', 'process_down', 'bad_config'],
    stratum_unreachable: ['process_down', 'stratum_not_listening', 'stratum_port_conflict'],
    stratum_deaf: ['process_down', 'stratum_not_listening', 'stratum_port_conflict', 'rpc_unauthorized'],
    stale_work: ['stratum_deaf', 'daemon_lost', 'rpc_unauthorized'],
    rpc_unauthorized: ['process_down', 'daemon_lost', 'stratum_deaf'],
    incompatible: ['rpc_unauthorized', 'process_down', 'stratum_port_conflict'],
    bad_config: ['stratum_port_conflict', 'stratum_deaf', 'process_down'],
    stale_lock: ['stratum_port_conflict', 'bad_config', 'resource_exhausted'],
  },
  miner: {
    process_down: ['stale_lock', 'bad_config', 'resource_exhausted'],
    pool_unreachable: ['process_down', 'unauthorized', 'no_shares'],
    unauthorized: ['process_down', 'pool_unreachable'],
    high_rejects: ['no_shares', 'unauthorized', 'pool_unreachable'],
    no_shares: ['process_down', 'pool_unreachable', 'unauthorized', 'high_rejects'],
    bad_config: ['stale_lock', 'resource_exhausted'],
    stale_lock: ['bad_config', 'resource_exhausted'],
  },
};

/**
 * What a finding could have been as well, as far as an observed fact speaks against it: in its own layer, and in the
 * one that it depends on. What nothing speaks against is left out: it was not ruled out.
 */
export function ruledOut({ component, role, failure }: Diagnosis, observation: Observation): RuledOut[] {
  if (role === 'environment') return [];
  const differentials: Readonly<Partial<Record<FailureType, readonly FailureType[]>>> = DIFFERENTIALS[role];
  const own = (differentials[failure] ?? []).map((other) => [component, other] as const);
  return [...beneath(role, observation), ...own].flatMap(([name, other]) => {
    const fact = contradictingFact({ component: name, failure: other }, observation);
    return fact === null ? [] : [{ component: name, failure: other, fact }];
  });
}

/** What would explain the finding from below. */
function beneath(role: 'daemon' | 'pool' | 'miner', observation: Observation): [string, FailureType][] {
  if (role === 'pool') return [[mainDaemon(observation).component, 'rpc_refused']];
  return role === 'miner' ? [[observation.pool.component, 'stratum_deaf']] : [];
}

/** The fact that speaks against a failure of a component; `null`: none was seen. */
export function contradictingFact(
  { component, failure }: { component: string; failure: FailureType },
  observation: Observation,
): string | null {
  const { daemons, pool, miners, resources } = observation;
  const seen = { daemon: mainDaemon(observation), resources };
  if (allFacts(observation).some((facts) => facts.component === component && facts.unseen !== undefined))
    return null;
  const daemon = daemons.find((facts) => facts.component === component);
  if (daemon) return DAEMON_CONTRADICTIONS[failure]?.(daemon, seen) ?? null;
  if (pool.component === component) return POOL_CONTRADICTIONS[failure]?.(pool, seen) ?? null;
  const miner = miners.find((facts) => facts.component === component);
  return miner ? (MINER_CONTRADICTIONS[failure]?.(miner, seen) ?? null) : null;
}
