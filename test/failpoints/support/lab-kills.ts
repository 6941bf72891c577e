import { expect } from 'vitest';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { type Davylamp, type SeenRun, startDavylamp } from '../../support/davylamp.ts';

export const SETUP = 'mining-infrastructure-setup';

/** The components of the practice stack. */
export const COMPONENTS = ['daemon', 'peer-1', 'pool', 'miner-1'] as const;

/** Arms a kill at each of these failpoints: `<point>@<where>`. */
export async function armKills(davylamp: Davylamp, names: readonly string[]): Promise<void> {
  for (const name of names) await davylamp.arm(name, 'kill');
}

/** The run succeeded, every kill happened, and every attempt is counted once. */
export async function expectUnharmed(davylamp: Davylamp, run: SeenRun): Promise<void> {
  expect(run, JSON.stringify(run, null, 1)).toMatchObject({ status: 'succeeded', outcome: 'complete' });
  await untilAllHappened(davylamp);
  await expectOneOfEach(davylamp);
}

/** A call that died with its worker is handed out again, and acknowledged, long after its stage has passed. */
async function untilAllHappened(davylamp: Davylamp): Promise<void> {
  await waitUntil(async () => (await davylamp.armed()).length === 0, {
    timeoutMs: ALL_HAPPENED_TIMEOUT_MS,
    intervalMs: 50,
    what: 'every failpoint is reached',
  });
}

export async function expectOneOfEach(davylamp: Davylamp): Promise<void> {
  const pids = await Promise.all(COMPONENTS.map((name) => davylamp.pidsOf(name)));
  expect(pids.map(({ length }) => length)).toEqual(COMPONENTS.map(() => 1));
}

/** One incident, healed, whose attempts are numbered without a gap and without a repetition. */
export function expectHealedOnce({ incidents }: SeenRun): void {
  expect(incidents).toMatchObject([{ status: 'resolved' }]);
  const attempts = incidents[0]?.recoveryAttempts ?? [];
  expect(attempts.map(({ number }) => number)).toEqual(attempts.map((_, index) => index + 1));
  expect(attempts.at(-1)).toMatchObject({ outcome: 'recovery_successful' });
}

/** `stage number status` of each attempt at a stage, in order. */
export function stageAttempts({ attempts }: SeenRun): string[] {
  return attempts
    .filter(({ kind }) => kind === 'stage')
    .map(({ stageId, number, status }) => `${stageId} ${number} ${status}`);
}

/** The stages of a setup in which nothing goes wrong. */
export const SETUP_STAGES = [
  'verify_dependencies',
  'generate_configs',
  'start_daemon',
  'fund_wallet',
  'start_pool',
  'verify_pool_daemon',
  'configure_miner',
  'infrastructure_ready',
];

/** As of a run in which nothing went wrong. */
export const SETUP_ATTEMPTS = SETUP_STAGES.map((stageId) => `${stageId} 1 succeeded`);

const RUN_TIMEOUT_MS = 400_000;
const ALL_HAPPENED_TIMEOUT_MS = 120_000;

/** A setup from nothing, whose worker is killed at these failpoints: it ends as if nothing had happened. */
export async function killDuringSetup(kills: readonly string[]): Promise<void> {
  const davylamp = await startDavylamp({ failpoints: true });
  await armKills(davylamp, kills);
  const run = await davylamp.untilFinished((await davylamp.post(SETUP)).id, RUN_TIMEOUT_MS);
  await expectUnharmed(davylamp, run);
  expect(stageAttempts(run)).toEqual(SETUP_ATTEMPTS);
  expect(run.incidents).toEqual([]);
}
