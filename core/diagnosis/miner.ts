import type { Diagnosis, FailureType } from '../failure.ts';
import type { MinerFacts, PoolFacts } from '../observation.ts';
import { describeDown, endedAt, lockedOut, sayLine, whenUnseen } from './process.ts';

type Finding = { failure: FailureType; evidence: string[] } | null;

/** How many expected intervals may pass without a share: at 20, one healthy miner in 485 million is suspected. */
const SILENT_INTERVALS = 20;
/** However quick the shares should come, silence shorter than this proves nothing. */
const SILENT_SECONDS_MIN = 15;
/** Judged once there were enough shares to judge by. */
const REJECT_RATIO_MAX = 0.5;
const JUDGED_SHARES_MIN = 10;

/** What is wrong with a miner whose pool is known to work. */
export function diagnoseMiner(facts: MinerFacts, pool: PoolFacts): Diagnosis | null {
  const finding =
    whenUnseen(facts) ??
    whenDown(facts) ??
    whenAstray(facts) ??
    whenRejected(facts) ??
    whenSilent(facts, pool);
  if (!finding) return null;
  const evidence = facts.alternative ? [...finding.evidence, 'its alternative is in use'] : finding.evidence;
  return { component: facts.component, role: 'miner', ...finding, evidence, ...endedAt(facts.process) };
}

function whenDown({ process, startFailure, staleLocks }: MinerFacts): Finding {
  if (process.state === 'frozen')
    return { failure: 'no_shares', evidence: [`its process ${process.pid} is stopped (state T)`] };
  if (process.state !== 'down') return null;
  const down = describeDown(process);
  if (process.alike) return { failure: 'unknown', evidence: [down] };
  if (startFailure && startFailure.cause !== 'port_conflict')
    return { failure: startFailure.cause, evidence: [down, sayLine(startFailure)] };
  const locks = lockedOut(process, staleLocks);
  if (locks) return { failure: 'stale_lock', evidence: [down, ...locks] };
  return { failure: 'process_down', evidence: [down] };
}

function whenAstray({ connection, pointsAtPort, poolPort, loginMatches }: MinerFacts): Finding {
  if (pointsAtPort !== null && pointsAtPort !== poolPort)
    return {
      failure: 'pool_unreachable',
      evidence: [`it points at port ${pointsAtPort}, but the pool is on ${poolPort}`],
    };
  if (connection === 'unauthorized')
    return {
      failure: 'unauthorized',
      evidence: [
        'the pool refuses its login',
        ...(loginMatches === false ? ['its configuration has another login than davy.json'] : []),
      ],
    };
  if (connection === 'unreachable')
    return { failure: 'pool_unreachable', evidence: ['it says that it cannot reach the pool'] };
  return null;
}

function whenRejected({ recentShares: { accepted, rejected } }: MinerFacts): Finding {
  const judged = accepted + rejected;
  if (judged < JUDGED_SHARES_MIN || rejected / judged < REJECT_RATIO_MAX) return null;
  return { failure: 'high_rejects', evidence: [`${rejected} of its last ${judged} shares were rejected`] };
}

function whenSilent(miner: MinerFacts, pool: PoolFacts): Finding {
  const expectedSeconds = expectedShareSeconds(miner, pool);
  if (miner.silentSeconds === null || expectedSeconds === null) return null;
  if (miner.silentSeconds <= Math.max(SILENT_SECONDS_MIN, SILENT_INTERVALS * expectedSeconds)) return null;
  const silence = `no share was accepted for ${Math.round(miner.silentSeconds)} s`;
  return {
    failure: 'no_shares',
    evidence: [`${silence}; one every ${expectedSeconds.toFixed(1)} s was to be expected`],
  };
}

/** Hashes that a share of difficulty 1 takes: 2^32, and for scrypt pools by convention 2^16. */
const HASHES_PER_DIFFICULTY = { sha256d: 2 ** 32, scrypt: 2 ** 16 } as const;

/** The mean interval between shares that difficulty and hashrate allow to expect; `null` where it is not known. */
export function expectedShareSeconds(
  { hashrate, algorithm }: MinerFacts,
  { stratum }: PoolFacts,
): number | null {
  if (stratum?.kind !== 'working' || hashrate === null || hashrate <= 0) return null;
  return (stratum.difficulty * HASHES_PER_DIFFICULTY[algorithm]) / hashrate;
}
