import type { Diagnosis, FailureType } from '../failure.ts';
import type { DaemonFacts, PoolFacts, StratumFact } from '../observation.ts';
import { describeDown, describePort, endedAt, lockedOut, sayLine, whenUnseen } from './process.ts';

type Finding = { failure: FailureType; evidence: string[] } | null;

/** What is wrong with a pool, next to the daemon that it works with. */
export function diagnosePool(facts: PoolFacts, daemon: DaemonFacts): Diagnosis | null {
  const finding =
    whenUnseen(facts) ??
    whenDown(facts) ??
    whenFrozen(facts) ??
    whenStratumFails(facts, daemon) ??
    whenLockedOut(facts, daemon) ??
    whenStale(facts, daemon);
  return finding && { component: facts.component, role: 'pool', ...finding, ...endedAt(facts.process) };
}

function whenDown({ process, stratumPort, startFailure, staleLocks }: PoolFacts): Finding {
  if (process.state !== 'down') return null;
  const down = describeDown(process);
  if (process.alike) return { failure: 'unknown', evidence: [down] };
  if (stratumPort.holder === 'foreign')
    return { failure: 'stratum_port_conflict', evidence: [down, describePort(stratumPort)] };
  if (startFailure && startFailure.cause !== 'port_conflict')
    return { failure: startFailure.cause, evidence: [down, sayLine(startFailure)] };
  const locks = lockedOut(process, staleLocks);
  if (locks) return { failure: 'stale_lock', evidence: [down, ...locks] };
  return { failure: 'process_down', evidence: [down, describePort(stratumPort)] };
}

function whenFrozen({ process }: PoolFacts): Finding {
  if (process.state !== 'frozen') return null;
  return {
    failure: 'stratum_deaf',
    evidence: [`its process ${process.pid} is stopped (state T) and answers nobody`],
  };
}

function whenStratumFails(facts: PoolFacts, daemon: DaemonFacts): Finding {
  const { stratum, stratumPort, process, busy } = facts;
  if (stratum?.kind === 'working') return null;
  const alive = process.state === 'down' ? [] : [`its process ${process.pid} is running`];
  const evidence = [
    ...alive,
    describePort(stratumPort),
    ...(stratum ? [stratum.detail] : []),
    ...(busy === undefined ? [] : [busy]),
  ];
  if (facts.answersAt !== undefined)
    return {
      failure: 'stratum_unreachable',
      evidence: [...evidence, `it answers at ${facts.answersAt}, where no miner looks for it`],
    };
  if (stratumPort.elsewhere && stratum?.step === 'connect') return { failure: 'bad_config', evidence };
  if (stratumPort.holder === 'foreign') return { failure: 'stratum_port_conflict', evidence };
  if (stratumPort.holder === 'nobody') return { failure: 'stratum_not_listening', evidence };
  if (stratum === null) return { failure: 'unknown', evidence: ['its Stratum port was not asked'] };
  if (facts.daemonCredentialsAccepted === false)
    return {
      failure: 'rpc_unauthorized',
      evidence: [...evidence, REFUSED],
    };
  if (facts.workRefused !== undefined)
    return {
      failure: 'incompatible',
      evidence: [...evidence, `asked as the pool asks, the daemon answers ${facts.workRefused}`],
    };
  return { failure: STRATUM_FAILURES[stratum.kind](daemon), evidence };
}

const REFUSED = 'the daemon refuses the credentials in its configuration';

/** It hands out its last job for ever: while the tip stands still that looks healthy, and no block of it arrives. */
function whenLockedOut({ daemonCredentialsAccepted }: PoolFacts, { rpc }: DaemonFacts): Finding {
  if (daemonCredentialsAccepted !== false || rpc?.kind !== 'ok') return null;
  return { failure: 'rpc_unauthorized', evidence: ['it still hands out work', REFUSED] };
}

const STRATUM_FAILURES: Record<
  Exclude<StratumFact['kind'], 'working'>,
  (daemon: DaemonFacts) => FailureType
> = {
  refused: () => 'stratum_unreachable',
  unreachable: () => 'stratum_unreachable',
  closed: () => 'stratum_deaf',
  silent: () => 'stratum_deaf',
  malformed: () => 'stratum_deaf',
  unauthorized: () => 'bad_config',
  no_job: (daemon) => (daemon.rpc?.kind === 'ok' ? 'daemon_lost' : 'stratum_deaf'),
};

function whenStale({ stratum }: PoolFacts, { rpc }: DaemonFacts): Finding {
  if (stratum?.kind !== 'working' || rpc?.kind !== 'ok' || stratum.previousBlockHash === rpc.tip) return null;
  return {
    failure: 'stale_work',
    evidence: [`its job builds on ${stratum.previousBlockHash}, but the daemon's tip is ${rpc.tip}`],
  };
}
