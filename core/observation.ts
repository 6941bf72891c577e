import type { DesiredState } from './component.ts';

/** What is known of a component's process. `frozen`: alive but stopped (state T). */
export type ProcessFact =
  | { state: 'running' | 'frozen'; pid: number; startedSecondsAgo: number | null }
  | {
      state: 'down';
      exit: ExitFact | null;
      crash: CrashFact | null;
      /** Processes that are alike and each could be it: none of them is taken for it. */
      alike?: number[];
    };

/** The end of a process that was seen to work and that nobody ended on purpose. A start that came to nothing is none. */
export interface CrashFact {
  /** Names this one process among all there ever were: however often its end is seen, it is one crash. */
  key: string;
}

export interface ExitFact {
  exitCode: number | null;
  signal: string | null;
  /** ISO 8601 UTC. */
  at: string;
}

/** Who holds a TCP port: our own component, somebody else, or nobody. */
export interface PortFact {
  port: number;
  holder: 'ours' | 'foreign' | 'nobody';
  /** The other owner, as far as it can be seen: `node (pid 4711)`. */
  owner: string | null;
  /** Of our own: at which addresses it listens, where it is not reached at the one that `davy.json` has for it. */
  elsewhere?: { listensAt: string; soughtAt: string };
}

export type StartFailureCause =
  | 'port_conflict'
  | 'lock_held'
  | 'data_corrupt'
  | 'bad_config'
  | 'missing_dependencies'
  | 'resource_exhausted';

/** Why a component's last start came to nothing, by the signature it left in its own output. */
export interface StartFailure<Cause = StartFailureCause> {
  cause: Cause;
  line: string;
}

/**
 * `bad_settings`: it cannot read the settings.json that it writes for itself, which is nobody's configuration.
 * `other`: an error that no signature knows.
 */
export type DaemonStartFailure = StartFailure<StartFailureCause | 'bad_settings' | 'other'>;

/** The declared lock files of a component that is down, whose owners are proven dead. */
export type StaleLocks = readonly string[];

export type RpcFact =
  | {
      kind: 'ok';
      height: number;
      /** The height up to which it knows headers: while block files are read or fetched, they are ahead of the blocks. */
      headers: number;
      tip: string;
      chain: string;
      peers: number;
    }
  | {
      kind:
        | 'refused'
        | 'unauthorized'
        | 'forbidden'
        | 'timeout'
        | 'warming_up'
        | 'work_queue_full'
        | 'connection_reset'
        | 'unreachable'
        | 'error'
        | 'malformed';
      detail: string;
    };

/** Whether the daemon gives work: a block template, or the error it answers with. */
export type TemplateFact =
  | { kind: 'ok'; height: number }
  | { kind: 'error'; code: number | null; detail: string };

/** What is said of a component that could not be looked at. */
interface Visible {
  /** Why it could not be looked at; then nothing but its process is known. Missing: it was seen. */
  unseen?: string;
}

export interface DaemonFacts extends Visible {
  role: 'daemon';
  component: string;
  desired: DesiredState;
  peer: boolean;
  process: ProcessFact;
  rpcPort: PortFact;
  p2pPort: PortFact;
  rpc: RpcFact | null;
  /** `null` where RPC did not get that far, or for a node that is only a peer. */
  template: TemplateFact | null;
  /** The highest height ever recorded for this chain. */
  knownHeight: number;
  startFailure: DaemonStartFailure | null;
  /** Its process lives, and it says that it shuts down: it answers nobody while it writes what it has in memory. */
  stopping?: string;
  /** What it was at while it gave no answer; missing: nothing, as of a process that hangs. */
  busy?: string;
  staleLocks: StaleLocks;
}

/** How far a Stratum conversation came: subscribe -> authorize -> notify. */
export type StratumFact =
  | { kind: 'working'; previousBlockHash: string; difficulty: number }
  | {
      kind: 'refused' | 'unreachable' | 'closed' | 'silent' | 'malformed' | 'unauthorized' | 'no_job';
      step: 'connect' | 'subscribe' | 'authorize' | 'notify';
      detail: string;
    };

export interface PoolFacts extends Visible {
  role: 'pool';
  component: string;
  desired: DesiredState;
  process: ProcessFact;
  /** The port in the pool's own configuration. */
  stratumPort: PortFact;
  /** The ports it may move to, in order, the configured one left out. */
  alternatives: PortFact[];
  stratum: StratumFact | null;
  /** Another address than the one that miners are sent to, where it works; missing: none that may be asked. */
  answersAt?: string;
  /** Whether the daemon takes the credentials that the pool's configuration holds; `null`: not known. */
  daemonCredentialsAccepted: boolean | null;
  /** What the daemon answers when it is asked for work in the pool's own way, where no pool like it can get any. */
  workRefused?: string;
  /** What it was at while it gave no answer; missing: nothing, as of a process that hangs. */
  busy?: string;
  startFailure: StartFailure | null;
  staleLocks: StaleLocks;
}

export interface MinerFacts extends Visible {
  role: 'miner';
  component: string;
  desired: DesiredState;
  process: ProcessFact;
  /** The port that the miner's configuration points at, and the one the pool is configured for. */
  pointsAtPort: number | null;
  poolPort: number;
  /** What the miner last said of its connection. */
  connection: 'working' | 'unreachable' | 'unauthorized' | 'unknown';
  acceptedShares: number;
  rejectedShares: number;
  /** The verdicts on its last shares, ten at most: what was rejected an hour ago says nothing of now. */
  recentShares: { accepted: number; rejected: number };
  /** Whether its configuration has the login that `davy.json` names; `null`: not known. */
  loginMatches: boolean | null;
  /** Its alternative is in use. */
  alternative: boolean;
  /** Seconds since the last accepted share, or since the start where there was none. */
  silentSeconds: number | null;
  /** Hashes a second, as the miner itself last said. */
  hashrate: number | null;
  algorithm: 'sha256d' | 'scrypt';
  startFailure: StartFailure | null;
  staleLocks: StaleLocks;
}

export interface ResourceFacts {
  /** On the fullest of the file systems that the stack writes to. */
  diskFreeBytes: number;
  /** A folder on that file system. */
  diskFolder?: string;
  memoryUsedRatio: number;
  /** Whose memory it is, where a limit of a control group is nearer than the host's own. */
  memoryOf?: string;
  descriptorsUsedRatio: number;
  /** The component whose descriptors they are. */
  descriptorsOf?: string;
}

/** Everything that was seen of a stack at one moment: the only thing diagnosis may look at. */
export interface Observation {
  /** ISO 8601 UTC. */
  at: string;
  daemons: DaemonFacts[];
  pool: PoolFacts;
  miners: MinerFacts[];
  resources: ResourceFacts;
}

/** Whether a daemon reads its block files anew, or fetches blocks: it knows of more than it has. */
export function isCatchingUp({ rpc }: DaemonFacts): boolean {
  return rpc?.kind === 'ok' && rpc.headers > rpc.height;
}

export type ComponentFacts = DaemonFacts | PoolFacts | MinerFacts;

export function allFacts({ daemons, pool, miners }: Observation): ComponentFacts[] {
  return [...daemons, pool, ...miners];
}

/** The daemon that the pool works with: the one that is not a mere peer. */
export function mainDaemon(observation: Observation): DaemonFacts {
  const daemon = observation.daemons.find(({ peer }) => !peer);
  if (!daemon) throw new RangeError('an observation without a daemon');
  return daemon;
}
