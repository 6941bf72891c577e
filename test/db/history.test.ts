import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFinished } from '../../core/run.ts';
import type { Transition } from '../../core/transition.ts';
import { saveCancel, saveResume } from '../../db/control.ts';
import { runEventsAfter } from '../../db/event-log.ts';
import { noteEvent, runHistory } from '../../db/history.ts';
import { newId } from '../../db/id.ts';
import { findRun, insertRun } from '../../db/runs.ts';
import { saveTransition } from '../../db/transitions.ts';
import { fates, pipelines, policies } from '../core/properties/generators.ts';
import { type Step, simulate } from '../core/properties/simulation.ts';
import { note } from '../support/note.ts';
import { claim, claimed, newRun, rowOf, type World, world, written } from './fixtures/world.ts';

const seed = Number(process.env.DAVY_SEED ?? Date.now() % 2 ** 31);

describe('what happened in a run', () => {
  test('can be read from any event on, a page at a time', async () => {
    const here = await world();
    const { id } = await claimed(here);
    for (const step of [1, 2, 3]) await note(here.database, id, 'progress', { step, said: 'a\u0000b' });
    const read = async (after: number, limit = 100) =>
      (await runEventsAfter(here.database, { runId: id, after, limit }))?.events ?? [];
    const all = await read(0);
    expect(all.map(({ type }) => type)).toEqual(['stage_attempt_opened', 'progress', 'progress', 'progress']);
    expect(all[1]?.data).toEqual({ step: 1, said: 'a\ufffdb' });
    const page = await read(all[1]?.seq ?? 0, 1);
    expect(page).toEqual([all[2]]);
    expect(await read(all[3]?.seq ?? 0)).toEqual([]);
    expect(await runEventsAfter(here.database, { runId: newId(), after: 0, limit: 100 })).toBeNull();
  });

  test('is not what the holder of an older claim would note', async () => {
    const here = await world();
    const { id: runId, epoch } = await claimed(here);
    const said = async () =>
      (await runEventsAfter(here.database, { runId, after: 0, limit: 100 }))?.events.map(({ type }) => type);
    const before = await said();
    expect(await noteEvent(here.database, { runId, epoch: epoch - 1 }, 'progress', {})).toBe(false);
    expect(await said()).toEqual(before);
    expect(await noteEvent(here.database, { runId, epoch }, 'progress', {})).toBe(true);
    expect(await said()).toEqual([...(before ?? []), 'progress']);
  });

  test('has what its stages learned', async () => {
    const here = await world();
    const run = await claimed(here);
    const details = { evidence: { height: 101 } };
    await saveTransition(here.database, {
      ...written(run, { type: 'stage_decided', decision: 'daemon_started' }),
      details,
    });
    const { stageAttempts } = await runHistory(here.database, run.id);
    expect(stageAttempts[0]).toMatchObject({ stageId: 'start', evidence: { height: 101 } });
  });
});

/** What the transitions say of each attempt and incident in the end, by id. */
function expectedRows(steps: Step[]) {
  const rows = new Map<string, Record<string, unknown>>();
  for (const change of steps.flatMap(({ changes }) => changes)) {
    const row = rows.get(change.id) ?? {};
    if (change.type === 'stage_attempt_opened')
      Object.assign(row, { stage: change.stageId, number: change.number, status: 'pending' });
    if (change.type === 'stage_attempt_begun') row.status = 'running';
    if (change.type === 'stage_attempt_closed')
      Object.assign(row, { status: change.status, decision: change.decision });
    if (change.type === 'incident_opened') Object.assign(row, { stage: change.stageId, status: 'open' });
    if (change.type === 'incident_resolved') row.status = 'resolved';
    if (change.type === 'incident_escalated' || change.type === 'incident_closed') row.status = 'escalated';
    if (change.type === 'recovery_attempt_opened')
      Object.assign(row, {
        number: change.work.number,
        mode: change.work.mode,
        delay: change.work.delaySeconds,
      });
    if (change.type === 'recovery_attempt_closed') row.outcome = change.outcome;
    rows.set(change.id, row);
  }
  return rows;
}

async function storedRows({ database }: World, runId: string) {
  const history = await runHistory(database, runId);
  const known = (row: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  return {
    stages: history.stageAttempts.map(
      ({ id, stageId, number, status, decision }) =>
        [id, known({ stage: stageId, number, status, decision })] as const,
    ),
    recoveries: history.recoveryAttempts.map(
      ({ id, number, mode, delaySeconds, outcome }) =>
        [id, known({ number, mode, delay: delaySeconds, outcome })] as const,
    ),
    incidents: history.incidents.map(
      ({ id, stageId, status }) => [id, known({ stage: stageId, status })] as const,
    ),
  };
}

test(`any run is stored as its transitions say (seed ${seed})`, async () => {
  const here = await world();
  const courses = fc.sample(fc.tuple(pipelines, policies, fates, fc.nat({ max: 2 })), { seed, numRuns: 12 });
  for (const [pipeline, policy, given, resumptions] of courses) {
    const steps = simulate(pipeline, policy, given, { newId, resumptions });
    const [first, ...later] = steps;
    if (!first || later.length === 0) continue;
    const run = { ...newRun(here, pipeline), start: transitionOf(first) };
    await insertRun(here.database, run, null);
    for (const step of later) {
      expect(await save(here, run.id, step)).toBe(true);
    }
    const expected = expectedRows(steps);
    const { stages, recoveries, incidents } = await storedRows(here, run.id);
    const stored = new Map<string, Record<string, unknown>>([...stages, ...recoveries, ...incidents]);
    for (const row of expected.values())
      for (const [key, value] of Object.entries(row)) if (value === null) delete row[key];
    expect(stored).toEqual(expected);
    const last = steps.at(-1)?.after;
    expect((await rowOf(here, run.id)).state).toEqual(last);
    if (last && !isFinished(last))
      await here.sql`update runs set holds_environment = false, finished_at = now() where id = ${run.id}`;
  }
});

/** As the API does it where a run is resumed, or cancelled while nobody works on it; else as a worker does. */
async function save(here: World, runId: string, step: Step): Promise<boolean> {
  const transition = transitionOf(step);
  const order = async () => ({ run: await runOf(here, runId), by: 'key' });
  if (step.event === null) return await saveResume(here.database, await order(), transition);
  if (step.event.type === 'cancelled') return await saveCancel(here.database, await order(), transition);
  await here.sql`update runs set next_attempt_at = null where id = ${runId}`;
  const { epoch } = await claim(here, runId);
  return (await saveTransition(here.database, { runId, epoch, transition })) !== null;
}

async function runOf({ database }: World, runId: string) {
  const found = await findRun(database, runId);
  if (!found) throw new Error(`no run ${runId}`);
  return found.run;
}

function transitionOf({ after, changes }: Step): Transition {
  return { state: after, changes };
}
