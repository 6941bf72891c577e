import { describe, expect, test } from 'vitest';
import { RUNS_CHANNEL } from '../../db/channels.ts';
import { claimRun } from '../../db/claims.ts';
import { newId } from '../../db/id.ts';
import { findRun, insertRun, listRuns, pipelineHash, runsAhead } from '../../db/runs.ts';
import { healing, linear } from '../core/fixtures/pipelines.ts';
import { accept, environment, everything, newRun, rowOf, world } from './fixtures/world.ts';

describe('accepting a run', () => {
  test('writes the run, its definition, its first attempt and the event, in one go', async () => {
    const here = await world();
    const run = newRun(here);
    expect(await insertRun(here.database, run, null)).toEqual({ kind: 'created' });

    expect(await rowOf(here, run.id)).toMatchObject({
      pipeline_name: 'sketch',
      pipeline_hash: pipelineHash(healing),
      user_prompt: run.userPrompt,
      mutating: true,
      status: 'queued',
      current_stage: 'start',
      dispatch: 1,
      epoch: 0,
      owner: null,
      claims: 0,
      holds_environment: false,
      next_attempt_at: null,
      finished_at: null,
    });
    const { stage_attempts, events, incidents, idempotency_keys } = await everything(here);
    expect(stage_attempts).toMatchObject([
      { run_id: run.id, stage_id: 'start', number: 1, status: 'pending' },
    ]);
    expect(events).toMatchObject([
      { run_id: run.id, type: 'stage_attempt_opened', data: { stageId: 'start' } },
    ]);
    expect([incidents, idempotency_keys]).toEqual([[], []]);
  });

  test('keeps the definition: the state and the pipeline come back as they were', async () => {
    const here = await world();
    const run = newRun(here);
    await insertRun(here.database, run, null);
    const found = await findRun(here.database, run.id);
    expect(found).toMatchObject({ environment: 'lab', pipeline: healing });
    expect(found?.run.state).toEqual(run.start.state);
    expect(await findRun(here.database, newId())).toBeNull();
  });

  test('pins equal definitions once', async () => {
    const here = await world();
    await Promise.all([accept(here), accept(here), accept(here, linear)]);
    expect((await everything(here)).pipeline_versions).toHaveLength(2);
  });

  test('in an environment that is not there writes nothing', async () => {
    const here = await world();
    const run = newRun({ environmentId: newId() });
    await expect(insertRun(here.database, run, null)).rejects.toThrow(/environment/);
    expect(Object.values(await everything(here)).flat()).toEqual([]);
  });

  test('wakes whoever listens', async () => {
    const here = await world();
    const heard: string[] = [];
    const listening = await here.database.listen(RUNS_CHANNEL, (payload) => heard.push(payload));
    const id = await accept(here);
    await expect.poll(() => heard).toEqual([id]);
    await listening.close();
  });
});

describe('the same request again', () => {
  const key = (requestHash = 'h1') => ({ apiKeyId: 'k', key: 'once', requestHash });

  test('fifty times at once makes one run', async () => {
    const here = await world();
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const run = newRun(here);
        return { id: run.id, ...(await insertRun(here.database, run, key())) };
      }),
    );
    const [created, ...others] = answers.sort((a, b) => a.kind.localeCompare(b.kind));
    expect(created?.kind).toBe('created');
    expect(others.map((answer) => answer.kind === 'repeated' && answer.runId)).toEqual(
      others.map(() => created?.id),
    );
    const { runs, stage_attempts, events, idempotency_keys } = await everything(here);
    expect([runs, stage_attempts, events, idempotency_keys].map((rows) => rows?.length)).toEqual([
      1, 1, 1, 1,
    ]);
  });

  test('with another body is refused', async () => {
    const here = await world();
    await insertRun(here.database, newRun(here), key());
    expect(await insertRun(here.database, newRun(here), key('h2'))).toEqual({ kind: 'key_reused' });
    expect((await everything(here)).runs).toHaveLength(1);
  });

  test('of somebody else is another request', async () => {
    const here = await world();
    await insertRun(here.database, newRun(here), key());
    const foreign = { ...key(), apiKeyId: 'another' };
    expect(await insertRun(here.database, newRun(here), foreign)).toEqual({ kind: 'created' });
  });

  test('the same id without a key is an error, not a second run', async () => {
    const here = await world();
    const run = newRun(here);
    await insertRun(here.database, run, null);
    await expect(insertRun(here.database, run, null)).rejects.toThrow(/runs_pkey/);
  });
});

test('runs are listed newest first, page by page, and filtered', async () => {
  const here = await world();
  const attic = await environment(here.database, 'attic');
  const ids: string[] = [];
  for (const pipeline of [healing, linear, healing]) ids.unshift(await accept(here, pipeline));
  const elsewhere = await accept({ ...here, environmentId: attic });
  await claimRun(here.database, elsewhere, { ...here.claimant, environmentIds: [attic] });
  await here.sql`update runs set status = 'running' where id = ${elsewhere}`;

  const list = async (...[filter, limit = 10]: [Parameters<typeof listRuns>[1], number?]) =>
    (await listRuns(here.database, filter, limit)).map(({ run }) => run.id);
  expect(await list({})).toEqual([elsewhere, ...ids]);
  expect(await list({}, 2)).toEqual([elsewhere, ids[0]]);
  expect(await list({ before: ids[0] ?? '' })).toEqual(ids.slice(1));
  expect(await list({ status: ['running', 'recovering'] })).toEqual([elsewhere]);
  expect(await list({ environment: 'attic' })).toEqual([elsewhere]);
  expect(await list({ host: 'rig-2' })).toEqual([]);
  expect(await list({ pipelineNames: ['sketch'], environment: 'lab' })).toEqual(ids);
});

test('what comes before a run is older, or holds the environment although its number is higher', async () => {
  const here = await world();
  const [first, run, holder] = [await accept(here), await accept(here), await accept(here)];
  expect(await runsAhead(here.database, run)).toEqual([first]);
  // As when the clock of the machine that wrote it was ahead.
  await here.sql`update runs set holds_environment = true where id = ${holder}`;
  expect(await runsAhead(here.database, run)).toEqual([holder, first]);
  expect(await runsAhead(here.database, holder)).toEqual([]);
});
