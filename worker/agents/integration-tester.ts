import { setTimeout as pause } from 'node:timers/promises';
import { expectedShareSeconds } from '../../core/diagnosis/miner.ts';
import { diagnose } from '../../core/diagnosis.ts';
import { mainDaemon, type Observation } from '../../core/observation.ts';
import { checkpoint } from '../components/checkpoint.ts';
import { type Executors, failed, type StageContext, type StageVerdict, succeeded } from './agent.ts';
import { describeDiagnoses, settle } from './settle.ts';

const SETTLE_TIMEOUT_MS = 10_000;
const WORK_TIMEOUT_MIN_MS = 60_000;
/** At 20 expected intervals without a share something is wrong, however unlucky. */
const PATIENCE_INTERVALS = 20;
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
    const { observation, diagnoses } = await settle({
      observe,
      concerns: () => true,
      timeoutMs: SETTLE_TIMEOUT_MS,
      signal,
    });
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
  const endsAt = performance.now() + patienceMs(first);
  let bad = 0;
  for (;;) {
    const observation = await observe();
    const now = progressOf(observation);
    const evidence = { before, after: now, minedBlocks: now.height - before.height };
    if (now.height > before.height && now.acceptedShares > before.acceptedShares) return succeeded(evidence);
    const diagnoses = diagnose(observation);
    const [root] = diagnoses;
    bad = root ? bad + 1 : 0;
    if (root && bad > 5) return failed(root.failure, describeDiagnoses(diagnoses), evidence);
    if (performance.now() >= endsAt)
      return failed(
        'no_shares',
        `no share and block within ${Math.round(patienceMs(first) / 1000)} s`,
        evidence,
      );
    await pause(POLL_MS, undefined, { signal });
  }
}

function patienceMs({ miners, pool }: Observation): number {
  const expected = miners.map((miner) => expectedShareSeconds(miner, pool) ?? 0);
  return Math.max(WORK_TIMEOUT_MIN_MS, Math.max(0, ...expected) * PATIENCE_INTERVALS * 1000);
}
