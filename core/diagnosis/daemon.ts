import type { Diagnosis, FailureType } from '../failure.ts';
import { type DaemonFacts, isCatchingUp, type RpcFact } from '../observation.ts';
import { describeDown, describePort, endedAt, lockedOut, sayLine, whenUnseen } from './process.ts';

type Finding = { failure: FailureType; evidence: string[] } | null;

/** What is wrong with a daemon; the rules stand in the order in which a cause hides its symptoms. */
export function diagnoseDaemon(facts: DaemonFacts): Diagnosis | null {
  const finding =
    whenUnseen(facts) ??
    whenDown(facts) ??
    whenFrozen(facts) ??
    whenRpcFails(facts) ??
    whenRolledBack(facts) ??
    whenNoWork(facts);
  return finding && { component: facts.component, role: 'daemon', ...finding, ...endedAt(facts.process) };
}

function whenDown({ process, rpcPort, p2pPort, startFailure, staleLocks }: DaemonFacts): Finding {
  if (process.state !== 'down') return null;
  const down = describeDown(process);
  const taken = [rpcPort, p2pPort].filter(({ holder }) => holder === 'foreign');
  if (taken.length > 0) return { failure: 'port_conflict', evidence: [down, ...taken.map(describePort)] };
  // A port that was taken at the last start and is free now is no conflict any more: a start will do.
  if (startFailure?.cause === 'bad_settings' || startFailure?.cause === 'other')
    return { failure: 'process_down', evidence: [down, sayLine(startFailure)] };
  if (startFailure && startFailure.cause !== 'port_conflict')
    return { failure: startFailure.cause, evidence: [down, sayLine(startFailure)] };
  const locks = lockedOut(process, staleLocks);
  if (locks) return { failure: 'stale_lock', evidence: [down, ...locks] };
  return { failure: 'process_down', evidence: [down, describePort(rpcPort)] };
}

function whenFrozen({ process }: DaemonFacts): Finding {
  if (process.state !== 'frozen') return null;
  return {
    failure: 'rpc_timeout',
    evidence: [`its process ${process.pid} is stopped (state T) and answers nobody`],
  };
}

const RPC_FAILURES: Record<Exclude<RpcFact['kind'], 'ok'>, FailureType> = {
  refused: 'rpc_refused',
  unreachable: 'rpc_refused',
  connection_reset: 'rpc_refused',
  unauthorized: 'rpc_unauthorized',
  forbidden: 'bad_config',
  timeout: 'rpc_timeout',
  warming_up: 'warming_up',
  work_queue_full: 'rpc_timeout',
  malformed: 'unknown',
  error: 'unknown',
};

const UNREACHED: ReadonlySet<RpcFact['kind']> = new Set(['refused', 'unreachable', 'timeout']);

function whenRpcFails({ rpc, rpcPort, process, stopping, busy }: DaemonFacts): Finding {
  if (rpc === null) return { failure: 'unknown', evidence: ['its RPC was not asked'] };
  if (rpc.kind === 'ok') return null;
  // It may live all the same: Bitcoin Core is content with one of its two addresses.
  if (rpcPort.holder === 'foreign')
    return { failure: 'port_conflict', evidence: [rpc.detail, describePort(rpcPort)] };
  const alive = process.state === 'down' ? [] : [`its process ${process.pid} is running`];
  const says = [
    ...(stopping === undefined ? [] : [`it says: ${stopping}`]),
    ...(busy === undefined ? [] : [busy]),
  ];
  // It answers, at an address where nobody asks: that is no reason to start it anew.
  const failure = rpcPort.elsewhere && UNREACHED.has(rpc.kind) ? 'bad_config' : RPC_FAILURES[rpc.kind];
  return { failure, evidence: [rpc.detail, ...alive, ...says, describePort(rpcPort)] };
}

function whenRolledBack(facts: DaemonFacts): Finding {
  const { rpc, knownHeight } = facts;
  if (rpc?.kind !== 'ok' || rpc.height >= knownHeight) return null;
  return {
    failure: 'chain_rolled_back',
    evidence: [
      `its chain ends at height ${rpc.height}, but ${knownHeight} was seen before`,
      ...(isCatchingUp(facts) ? [`it knows ${rpc.headers} headers: it reads or fetches blocks`] : []),
    ],
  };
}

/** Of getblocktemplate, where the tip is old enough for more to come. */
export const INITIAL_DOWNLOAD = -10;

/** Error codes of getblocktemplate, from Bitcoin Core's rpc/protocol.h. */
const TEMPLATE_FAILURES: Record<number, FailureType> = {
  [-8]: 'incompatible',
  [-9]: 'no_peers',
  [INITIAL_DOWNLOAD]: 'warming_up',
  [-28]: 'warming_up',
};

function whenNoWork({ template, rpc }: DaemonFacts): Finding {
  if (template === null || template.kind === 'ok') return null;
  // A chain that has only its genesis block gives no work until somebody mines: that is a beginning, no failure.
  if (template.code === INITIAL_DOWNLOAD && rpc?.kind === 'ok' && rpc.height === 0) return null;
  const failure = template.code === null ? 'unknown' : (TEMPLATE_FAILURES[template.code] ?? 'unknown');
  return { failure, evidence: [`getblocktemplate answers ${template.detail}`] };
}
