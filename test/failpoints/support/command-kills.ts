import { expect, onTestFinished } from 'vitest';
import { migrate } from '../../../db/migrate.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { type Rig, type RigEnvironment, startRig } from '../../support/chaos/rig.ts';
import type { SeenRun } from '../../support/davylamp.ts';
import type { Mark } from '../../support/marks.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { startRedis } from '../../support/redis.ts';
import { ATTEMPT_POINTS, type AttemptPoint } from './points.ts';

interface Kill {
  point: AttemptPoint;
  stageId: string;
}

const STAGES = ['stage_1', 'stage_2', 'stage_3', 'stage_4', 'stage_5'] as const;
export const FIRST_STAGE = STAGES[0];
export const MIDDLE_STAGE = STAGES[2];
export const COMMAND_STAGES: readonly string[] = STAGES;

const RUN_TIMEOUT_MS = 300_000;
const POLL_MS = 20;

/** A stack whose stages are commands that leave marks, on the queue that is asked for. */
async function startCommandRig(queue: 'Redis' | 'Postgres'): Promise<Rig> {
  const databaseUrl = await freshDatabase(migrate);
  if (queue === 'Postgres')
    return await startRig({ address: () => ({ databaseUrl }), stages: STAGES.length });
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  return await startRig({ address: () => ({ databaseUrl, redisUrl: redis.url }), stages: STAGES.length });
}

/** Kills the worker at each failpoint of these stages, one run for each failpoint, and judges them. */
export async function killAtEachPoint(
  queue: 'Redis' | 'Postgres',
  stagesFor: (point: AttemptPoint) => readonly string[],
): Promise<void> {
  const rig = await startCommandRig(queue);
  const runs: SeenRun[] = [];
  for (const point of ATTEMPT_POINTS) {
    const kills = stagesFor(point).map((stageId) => ({ point, stageId }));
    runs.push(await runWithKills(rig, kills, point));
  }
  // Only now: what the queue hands out again, long after, must be without effect.
  const marks = await marksOf(rig);
  for (const run of runs) expectEachStageOnce(run, marks);
  expect(marks).toHaveLength(runs.length * STAGES.length * 2);
}

/** Runs the pipeline once; its worker is killed at each of these places. The run as it ended. */
async function runWithKills(rig: Rig, kills: readonly Kill[], key: string): Promise<SeenRun> {
  const [worker] = rig.workers;
  const [environment] = rig.environments;
  if (!worker || !environment) throw new Error('the rig has no worker');
  const endsBefore = worker.ends;
  for (const { point, stageId } of kills) await rig.arm(point, 'kill', stageId);
  const run = await untilFinished(rig, await posted(rig, environment, key));
  await waitUntil(() => Promise.resolve(worker.ends === endsBefore + kills.length), {
    timeoutMs: RUN_TIMEOUT_MS,
    intervalMs: POLL_MS,
    what: `the worker is killed ${kills.length} times (${JSON.stringify(kills)})`,
  });
  return run;
}

async function posted(rig: Rig, environment: RigEnvironment, key: string): Promise<string> {
  const response = await rig.post(environment, key);
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  return ((await response.json()) as SeenRun).id;
}

async function untilFinished(rig: Rig, id: string): Promise<SeenRun> {
  return await waitUntil(
    async () => {
      const run = (await (await rig.get(`/v1/runs/${id}`)).json()) as SeenRun;
      return ENDED.has(run.status) ? run : null;
    },
    { timeoutMs: RUN_TIMEOUT_MS, intervalMs: POLL_MS, what: `run ${id} ends` },
  );
}

const ENDED = new Set(['succeeded', 'failed', 'escalated', 'cancelled']);

/** Every stage had one attempt, and every attempt's command ran once, from its beginning to its end. */
function expectEachStageOnce(run: SeenRun, marks: readonly Mark[]): void {
  expect(run, JSON.stringify(run.attempts)).toMatchObject({ status: 'succeeded', incidents: [] });
  const attempts = run.attempts.map(({ stageId, number, status }) => ({ stageId, number, status }));
  expect(attempts).toEqual(STAGES.map((stageId) => ({ stageId, number: 1, status: 'succeeded' })));
  const ids = new Set(run.attempts.map(({ id }) => id));
  const own = marks.filter(({ attemptId }) => ids.has(attemptId));
  expect(own).toEqual(
    run.attempts.flatMap(({ id, stageId }) => [
      { word: 'begin', attemptId: id, stageId },
      { word: 'end', attemptId: id, stageId },
    ]),
  );
}

/** All that was done in the rig's one environment. */
async function marksOf(rig: Rig): Promise<Mark[]> {
  return [...(await rig.marks()).values()].flat();
}
