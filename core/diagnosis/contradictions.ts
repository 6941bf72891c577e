import type { FailureType } from '../failure.ts';
import type {
  DaemonFacts,
  MinerFacts,
  PoolFacts,
  ProcessFact,
  ResourceFacts,
  StartFailure,
} from '../observation.ts';
import { describeDown, describePort, sayLine } from './process.ts';
import { diagnoseResources } from './resources.ts';

/** Tells the fact that speaks against a failure, as a sentence; `null`: none was seen. */
type Contradiction<Facts> = (
  facts: Facts,
  seen: { daemon: DaemonFacts; resources: ResourceFacts },
) => string | null;
type Contradictions<Facts> = { readonly [Failure in FailureType]?: Contradiction<Facts> };

type Started = {
  process: ProcessFact;
  startFailure: StartFailure<string> | null;
  staleLocks: readonly string[];
};

const runs: Contradiction<Started> = ({ process }) =>
  process.state === 'down' ? null : `its process ${process.pid} is ${process.state}`;

const notSaid =
  (cause: string): Contradiction<Started> =>
  ({ process, startFailure }) => {
    if (startFailure?.cause === cause) return null;
    if (process.state !== 'down') return 'it has started';
    return startFailure ? sayLine(startFailure) : 'its output says nothing of it';
  };

const ofAny: Contradictions<Started> = {
  process_down: runs,
  bad_config: notSaid('bad_config'),
  missing_dependencies: notSaid('missing_dependencies'),
  stale_lock: ({ staleLocks }) => (staleLocks.length === 0 ? 'no lock file was left behind' : null),
  resource_exhausted: ({ startFailure }, { resources }) =>
    startFailure?.cause === 'resource_exhausted' || diagnoseResources(resources) ? null : plenty(resources),
};

function plenty({ diskFreeBytes, memoryUsedRatio }: ResourceFacts): string {
  const gigabytes = (diskFreeBytes / 1e9).toFixed(1);
  return `${gigabytes} GB of disk are free, and ${Math.round(memoryUsedRatio * 100)} % of the memory is in use`;
}

const GIVES_WORK = 'it gives block templates';

export const DAEMON_CONTRADICTIONS: Contradictions<DaemonFacts> = {
  ...ofAny,
  lock_held: notSaid('lock_held'),
  data_corrupt: notSaid('data_corrupt'),
  port_conflict: ({ rpcPort, p2pPort }) =>
    rpcPort.holder === 'foreign' || p2pPort.holder === 'foreign' ? null : describePort(rpcPort),
  rpc_refused({ process, rpc }) {
    if (process.state === 'down') return describeDown(process);
    if (rpc === null || ['refused', 'unreachable', 'connection_reset'].includes(rpc.kind)) return null;
    return rpc.kind === 'ok'
      ? `its RPC answers: height ${rpc.height}`
      : `its RPC port takes calls: ${rpc.detail}`;
  },
  rpc_unauthorized: ({ rpc }) =>
    rpc?.kind === 'ok' || rpc?.kind === 'warming_up' ? 'its RPC takes our login' : null,
  bad_config: (facts, seen) => (facts.rpc?.kind === 'forbidden' ? null : notSaid('bad_config')(facts, seen)),
  rpc_timeout({ process, rpc }) {
    if (process.state === 'frozen' || rpc === null) return null;
    if (rpc.kind === 'timeout' || rpc.kind === 'work_queue_full') return null;
    return rpc.kind === 'ok' ? 'its RPC answers in time' : `we were not kept waiting: ${rpc.detail}`;
  },
  warming_up: ({ rpc, template }) => (rpc?.kind === 'ok' && template?.kind === 'ok' ? GIVES_WORK : null),
  chain_rolled_back: ({ rpc, knownHeight }) =>
    rpc?.kind === 'ok' && rpc.height >= knownHeight
      ? `its chain ends at height ${rpc.height}; ${knownHeight} was the highest before`
      : null,
  incompatible: notAnswered(-8),
  no_peers: notAnswered(-9),
};

/** @param code of getblocktemplate, from Bitcoin Core's rpc/protocol.h */
function notAnswered(code: number): Contradiction<DaemonFacts> {
  return ({ template }) => {
    if (template === null) return null;
    if (template.kind === 'ok') return GIVES_WORK;
    return template.code === null || template.code === code
      ? null
      : `getblocktemplate answers ${template.detail}`;
  };
}

const HANDS_OUT_WORK = 'it hands out work';

export const POOL_CONTRADICTIONS: Contradictions<PoolFacts> = {
  ...ofAny,
  stratum_port_conflict: ({ stratumPort }) =>
    stratumPort.holder === 'foreign' ? null : describePort(stratumPort),
  stratum_not_listening({ process, stratumPort }) {
    if (process.state === 'down') return describeDown(process);
    return stratumPort.holder === 'nobody' ? null : describePort(stratumPort);
  },
  stratum_unreachable: ({ stratum, answersAt }) =>
    stratum === null ||
    answersAt !== undefined ||
    stratum.kind === 'refused' ||
    stratum.kind === 'unreachable'
      ? null
      : 'it takes our connections',
  stratum_deaf({ process, stratum, stratumPort }, { daemon }) {
    if (process.state === 'frozen') return null;
    if (process.state === 'down') return describeDown(process);
    if (stratumPort.holder !== 'ours') return describePort(stratumPort);
    if (stratum?.kind === 'working') return HANDS_OUT_WORK;
    if (stratum?.kind === 'no_job' && daemon.rpc?.kind === 'ok') return 'it answers, up to its first job';
    return stratum?.kind === 'unauthorized' ? `it answers: ${stratum.detail}` : null;
  },
  daemon_lost: ({ stratum }) => (stratum?.kind === 'working' ? HANDS_OUT_WORK : null),
  stale_work: ({ stratum }, { daemon: { rpc } }) =>
    stratum?.kind === 'working' && rpc?.kind === 'ok' && stratum.previousBlockHash === rpc.tip
      ? "its job builds on the daemon's tip"
      : null,
  rpc_unauthorized: ({ daemonCredentialsAccepted }) =>
    daemonCredentialsAccepted === true ? 'the daemon takes the login in its configuration' : null,
  incompatible: ({ stratum }) => (stratum?.kind === 'working' ? HANDS_OUT_WORK : null),
  bad_config(facts, seen) {
    if (facts.stratum?.kind === 'unauthorized') return null;
    return notSaid('bad_config')(facts, seen);
  },
};

export const MINER_CONTRADICTIONS: Contradictions<MinerFacts> = {
  ...ofAny,
  pool_unreachable({ connection, pointsAtPort, poolPort }) {
    if (pointsAtPort !== null && pointsAtPort !== poolPort) return null;
    if (connection === 'unauthorized') return 'the pool answers it';
    return connection === 'working' ? 'it says that it is connected' : null;
  },
  unauthorized: ({ connection }) => (connection === 'working' ? 'the pool has taken its login' : null),
  high_rejects({ recentShares: { accepted, rejected } }) {
    return accepted > rejected ? `${accepted} of its last ${accepted + rejected} shares were accepted` : null;
  },
  no_shares({ process, acceptedShares, silentSeconds }) {
    if (process.state !== 'running' || acceptedShares === 0 || silentSeconds === null) return null;
    return silentSeconds < FRESH_SECONDS
      ? `its last share was accepted ${Math.round(silentSeconds)} s ago`
      : null;
  },
};

/** Silence that no rule minds. */
const FRESH_SECONDS = 15;
