import { setTimeout as pause } from 'node:timers/promises';
import { expectedShareSeconds } from '../../core/diagnosis/miner.ts';
import { diagnose, unseenAtRest } from '../../core/diagnosis.ts';
import { describeDiagnoses } from '../../core/failure.ts';
import { mainDaemon, type Observation } from '../../core/observation.ts';
import { checkpoint } from '../components/checkpoint.ts';
import { type Executors, failed, type StageContext, type StageVerdict, succeeded } from './agent.ts';
import { settle } from './settle.ts';

const SETTLE_TIMEOUT_MS = 10_000;
const WORK_TIMEOUT_MIN_MS = 60_000;
/** Miners of this pace and quicker, at 20 expected intervals within the time, are silent for another reason than luck. */
const OVERDUE_SECONDS = 3;
const BAD_LOOKS_MAX = 5;
const POLL_MS = 100;

export const integrationTester: Executors<'validate_infrastructure' | 'check_health'> = {
  async validate_infrastructure(context) {
    const settled = await settle({
      observe: context.observe,
      concerns: () => true,
      timeoutMs: SETTLE_TIMEOUT_MS,
      signal: context.signal,
    });
    const [root] = settled.diagnoses;
    if (root)
      return failed(root.failure, describeDiagnoses(settled.diagnoses), {
        ...progressOf(settled.observation),
      });
    const verdict = await untilWorkFlows(context, settled.observation);
    await checkpoint(context.stack);
    return verdict;
  },

  async check_health({ observe, signal }) {
    const { observation, diagnoses: wrong } = await settle({
      observe,
      concerns: () => true,
      timeoutMs: SETTLE_TIMEOUT_MS,
      signal,
    });
    const diagnoses = [...wrong, ...unseenAtRest(observation)];
    const evidence = { ...progressOf(observation), diagnoses };
    const [root] = diagnoses;
    return root ? failed(root.failure, describeDiagnoses(diagnoses), evidence) : succeeded(evidence);
  },
};

interface Progress {
  height: number;
  acceptedShares: number;
}

function progressOf(observation: Observation): Progress {
  const { rpc } = mainDaemon(observation);
  return {
    height: rpc?.kind === 'ok' ? rpc.height : 0,
    acceptedShares: observation.miners.reduce((sum, { acceptedShares }) => sum + acceptedShares, 0),
  };
}

/** Health is work flowing: another share is accepted, and a mined block raises the height. */
async function untilWorkFlows({ observe, signal }: StageContext, first: Observation): Promise<StageVerdict> {
  const before = progressOf(first);
  const startedAt = performance.now();
  let bad = 0;
  for (;;) {
    const observation = await observe();
    const now = progressOf(observation);
    const expectedSeconds = expectedSecondsOf(observation);
    const evidence = { before, after: now, minedBlocks: now.height - before.height, expectedSeconds };
    // Miners of whose shares nothing is said where we can hear it are known by the blocks alone.
    const silent = observation.miners.every(
      ({ acceptedShares, rejectedShares }) => acceptedShares + rejectedShares === 0,
    );
    if (now.height > before.height && (silent || now.acceptedShares > before.acceptedShares))
      return succeeded(evidence);
    const diagnoses = diagnose(observation);
    const [root] = diagnoses;
    bad = root ? bad + 1 : 0;
    if (root && bad > BAD_LOOKS_MAX) return failed(root.failure, describeDiagnoses(diagnoses), evidence);
    const waitedMs = performance.now() - startedAt;
    // A share that is to be expected in an hour cannot be waited for: that the miners hash must do.
    if (!root && waitedMs > WORK_TIMEOUT_MIN_MS && expectedSeconds > OVERDUE_SECONDS)
      return succeeded(evidence);
    if (waitedMs > WORK_TIMEOUT_MIN_MS && expectedSeconds <= OVERDUE_SECONDS)
      return failed('no_shares', `no share and block within ${Math.round(waitedMs / 1000)} s`, evidence);
    await pause(POLL_MS, undefined, { signal });
  }
}

/** The mean time to the next share of the slowest miner, as difficulty and hashrates allow to expect. */
function expectedSecondsOf({ miners, pool }: Observation): number {
  return Math.max(0, ...miners.map((miner) => expectedShareSeconds(miner, pool) ?? 0));
}
