import { expect } from 'vitest';
import { Squatter } from '../../../cli/demo/squatter.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { identityOf } from '../../../worker/host/process.ts';
import { signalGroup } from '../../../worker/host/stop.ts';
import { type Davylamp, type SeenRun, startDavylamp } from '../../support/davylamp.ts';
import {
  armKills,
  expectHealedOnce,
  expectOneOfEach,
  expectUnharmed,
  SETUP,
  stageAttempts,
} from './lab-kills.ts';

const RUN_TIMEOUT_MS = 150_000;

/** A setup whose Stratum port is taken, so that it has to recover: the worker is killed at these failpoints. */
export async function killDuringARunsRecovery(kills: readonly string[]): Promise<void> {
  const davylamp = await startDavylamp({ failpoints: true });
  const squatter = new Squatter();
  await squatter.take(davylamp.ports.stratum);
  try {
    await armKills(davylamp, kills);
    const run = await davylamp.untilFinished((await davylamp.post(SETUP)).id, RUN_TIMEOUT_MS);
    await expectUnharmed(davylamp, run);
    expectHealedOnce(run);
    expect(run.incidents[0]?.recoveryAttempts).toHaveLength(1);
    expect(stageAttempts(run)).toEqual(RECOVERED_ATTEMPTS);
  } finally {
    await squatter.release();
  }
}

const RECOVERED_ATTEMPTS = [
  'verify_dependencies 1 succeeded',
  'generate_configs 1 succeeded',
  'start_daemon 1 succeeded',
  'fund_wallet 1 succeeded',
  'start_pool 1 succeeded',
  'verify_pool_daemon 1 failed',
  'recover_infrastructure 1 succeeded',
  'verify_pool_daemon 2 succeeded',
  'configure_miner 1 succeeded',
  'infrastructure_ready 1 succeeded',
];

/** A component of a working stack dies: the worker is killed at these failpoints while it repairs that. */
export async function killDuringTheWatchsRecovery(
  davylamp: Davylamp,
  component: string,
  kills: readonly string[],
): Promise<void> {
  const before = await recoveries(davylamp);
  await armKills(davylamp, kills);
  await kill(davylamp, component);
  const run = await nextRecovery(davylamp, before.length);
  expect(run, JSON.stringify(run)).toMatchObject({ status: 'succeeded', outcome: 'healthy' });
  expectHealedOnce(run);
  expect(await davylamp.armed(), 'failpoints that were not reached').toEqual([]);
  expect(await recoveries(davylamp)).toHaveLength(before.length + 1);
  await expectOneOfEach(davylamp);
}

async function recoveries(davylamp: Davylamp): Promise<SeenRun[]> {
  const answer = await davylamp.fetch('/v1/runs?pipeline=mining-stack-recovery');
  return ((await answer.json()) as { items: SeenRun[] }).items;
}

async function nextRecovery(davylamp: Davylamp, count: number): Promise<SeenRun> {
  const [newest] = await waitUntil(
    async () => {
      const runs = await recoveries(davylamp);
      return runs.length > count ? runs : null;
    },
    { timeoutMs: 30_000, intervalMs: 50, what: 'the watch starts a recovery' },
  );
  return await davylamp.untilFinished(newest?.id ?? '', RUN_TIMEOUT_MS);
}

async function kill(davylamp: Davylamp, component: string): Promise<void> {
  const [pid = 0] = await davylamp.pidsOf(component);
  const identity = identityOf(pid);
  if (!identity) throw new Error(`there is no process ${pid}`);
  expect(await signalGroup(identity, 'SIGKILL')).toEqual({ sent: true });
}
