import type { ComponentRole, DesiredState } from './component.ts';
import { diagnose } from './diagnosis.ts';
import type { Diagnosis, FailureType } from './failure.ts';
import type { ComponentFacts, Observation } from './observation.ts';

/** The watch looks on and does not act: somebody works on the stack. */
export interface Maintenance {
  /** ISO 8601 UTC. */
  since: string;
  reason: string | null;
  /** The id of the API key that asked for it. */
  by: string;
}

/** What is counted or measured of a component. Hash rates are in hashes a second; shares count since its start. */
export interface Figures {
  height?: number;
  peers?: number;
  stratumPort?: number;
  hashrate?: number;
  acceptedShares?: number;
  rejectedShares?: number;
}

export interface ComponentHealth {
  name: string;
  role: ComponentRole;
  desired: DesiredState;
  state: 'running' | 'frozen' | 'down';
  pid: number | null;
  /** What is known of it beyond its process, in a few words; `null`: nothing. */
  detail: string | null;
  /** As far as the look saw them; of a component that is down there are none. */
  figures?: Figures;
  /** What is wrong with it, as far as the diagnosis names it. */
  failure?: FailureType | null;
}

/** What one full look saw of an environment, for clients: no definition, no secrets. */
export interface EnvironmentHealth {
  /** Whether work flows through everything that should be running. */
  healthy: boolean;
  /** What is wrong, the root cause first. */
  diagnoses: Diagnosis[];
  components: ComponentHealth[];
}

/** Health as it is kept: how long it has been that way, too. */
export interface RecordedHealth extends Omit<EnvironmentHealth, 'components'> {
  /** Since when it has been healthy, or not: ISO 8601 UTC. */
  since: string;
  /** Since when each component has had this state, process and failure: ISO 8601 UTC. */
  components: (ComponentHealth & { since: string })[];
  /** A full look is due so often. */
  lookEverySeconds?: number;
}

/** So many looks that did not come make what the last one saw old. */
export const STALE_LOOKS = 3;

/** Sums up an observation for those who ask how an environment is. */
export function healthOf(observation: Observation): EnvironmentHealth {
  const diagnoses = diagnose(observation);
  const all = [...observation.daemons, observation.pool, ...observation.miners];
  return {
    healthy: diagnoses.length === 0,
    diagnoses,
    components: all.map((facts) => componentHealth(facts, diagnoses)),
  };
}

function componentHealth(facts: ComponentFacts, diagnoses: readonly Diagnosis[]): ComponentHealth {
  const { component: name, role, desired, process } = facts;
  const pid = process.state === 'down' ? null : process.pid;
  const failure = diagnoses.find(({ component }) => component === name)?.failure ?? null;
  return {
    name,
    role,
    desired,
    state: process.state,
    pid,
    detail: detailOf(facts),
    figures: figuresOf(facts),
    failure,
  };
}

function figuresOf(facts: ComponentFacts): Figures {
  if (facts.process.state === 'down') return {};
  switch (facts.role) {
    case 'daemon':
      return facts.rpc?.kind === 'ok' ? { height: facts.rpc.height, peers: facts.rpc.peers } : {};
    case 'pool':
      return { stratumPort: facts.stratumPort.port };
    case 'miner': {
      const { acceptedShares, rejectedShares, hashrate } = facts;
      return { acceptedShares, rejectedShares, ...(hashrate !== null && { hashrate }) };
    }
  }
}

function detailOf(facts: ComponentFacts): string | null {
  if (facts.process.state === 'down') return facts.startFailure?.line ?? null;
  switch (facts.role) {
    case 'daemon':
      if (facts.rpc?.kind !== 'ok') return facts.rpc && `RPC: ${facts.rpc.kind}`;
      return `height ${facts.rpc.height}, ${facts.rpc.peers} peers`;
    case 'pool':
      return facts.stratum && `Stratum on port ${facts.stratumPort.port}: ${facts.stratum.kind}`;
    case 'miner':
      return `${facts.connection}, ${facts.acceptedShares} shares accepted, ${facts.rejectedShares} rejected`;
  }
}
