import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { FinishedRun, RunEvent } from '../../core/run.ts';
import { DEFAULT_SETTINGS } from '../../core/settings.ts';
import { claimRun } from '../../db/claims.ts';
import { runEventsAfter } from '../../db/event-log.ts';
import { newId } from '../../db/id.ts';
import { findRun } from '../../db/runs.ts';
import { pipelineOf } from '../core/fixtures/pipelines.ts';
import {
  ask,
  codeOf,
  HOST,
  loseEnvironment,
  postRun,
  startApi,
  type TestApi,
  temporaryFolder,
} from './support/api.ts';
import { driveRun } from './support/drive.ts';

const begun: RunEvent = { type: 'begun' };
const failed: RunEvent = { type: 'stage_failed', failure: { code: 'timeout', message: 'too late' } };
const notHealed: RunEvent = {
  type: 'recovery_finished',
  outcome: { kind: 'failed', reason: 'still down' },
};
const hopeless: RunEvent = {
  type: 'recovery_finished',
  outcome: { kind: 'hopeless', escalation: { reason: 'critical_error', detail: 'the disk is gone' } },
};
const WAITING = [begun, failed, begun, notHealed];
const ESCALATED = [begun, failed, begun, hopeless];

/** A run of that pipeline that has had these experiences. */
async function runAfter(api: TestApi, events: readonly RunEvent[], pipelineName?: string): Promise<string> {
  const { body } = await postRun(api, pipelineName === undefined ? {} : { pipelineName });
  await driveRun(api.database, body.id, events);
  return body.id;
}

const order = (api: TestApi, id: string, what: string) =>
  ask(api, `/v1/runs/${id}/${what}`, { method: 'POST' });

const keyIdOf = (api: TestApi) => api.key.split('_')[1];

async function eventsOf(api: TestApi, id: string, type: string) {
  const { events } = (await runEventsAfter(api.database, { runId: id, after: 0, limit: 1_000 })) ?? {
    events: [],
  };
  return events.filter((event) => event.type === type).map(({ data }) => data);
}

async function claimNow({ database }: TestApi, id: string) {
  const found = await findRun(database, id);
  const environmentIds = [found?.run.environmentId ?? ''];
  return await claimRun(database, id, { workerId: 'worker-1', host: HOST, environmentIds });
}

async function isCalled(api: TestApi, id: string, kind: 'stages' | 'recovery'): Promise<void> {
  const found = await findRun(api.database, id);
  const job = { kind, host: HOST, runId: id, dispatch: found?.run.dispatch ?? 0 };
  await expect.poll(() => api.dispatcher.pending(job), { timeout: 10_000 }).toBe('pending');
}

describe('POST /v1/runs/{id}/resume', () => {
  test('goes on from the stage that failed, keeps what succeeded, and calls the worker', async () => {
    const api = await startApi();
    const passed: RunEvent = { type: 'stage_decided', decision: 'dependencies_ok' };
    const id = await runAfter(api, [begun, passed, ...ESCALATED]);
    const { status, headers, body } = await order(api, id, 'resume');
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/v1/runs/${id}`);
    expect(body).toMatchObject({
      id,
      status: 'queued',
      currentStage: 'generate_configs',
      outcome: null,
      finishedAt: null,
      waitingFor: { kind: 'call' },
    });
    expect(body.stages[0]).toMatchObject({ id: 'verify_dependencies', status: 'succeeded', attempts: 1 });
    expect(body.attempts.at(-1)).toMatchObject({ stageId: 'generate_configs', number: 2, status: 'pending' });
    expect(body.incidents).toMatchObject([{ status: 'escalated' }]);
    expect(await eventsOf(api, id, 'resumed')).toEqual([{ by: keyIdOf(api) }]);
    await isCalled(api, id, 'stages');
    const read = await ask(api, `/v1/runs/${id}`);
    expect(read.headers.get('etag')).toBe(headers.get('etag'));

    await driveRun(api.database, id, ESCALATED);
    expect((await ask(api, `/v1/runs/${id}`)).body).toMatchObject({
      status: 'escalated',
      incidents: [{ status: 'escalated' }, { status: 'escalated', recoveryAttempts: [{ number: 1 }] }],
    });
  });

  test('of a version that kept no place begins at the stage that was attempted last', async () => {
    const api = await startApi();
    const id = await runAfter(api, ESCALATED);
    await api.database.query((db) => db.execute(`update runs set state = state - 'resumeFrom'`));
    expect((await order(api, id, 'resume')).body).toMatchObject({ currentStage: 'verify_dependencies' });
  });

  test('asked for many times at once resumes once', async () => {
    const api = await startApi();
    const id = await runAfter(api, ESCALATED);
    const answers = await Promise.all(Array.from({ length: 20 }, () => order(api, id, 'resume')));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(19).fill(409)]);
    expect(await eventsOf(api, id, 'resumed')).toHaveLength(1);
  });

  test('is refused where there is nothing to resume, and at the cap of stage attempts', async () => {
    const api = await startApi();
    const queued = await runAfter(api, []);
    const refused = await order(api, queued, 'resume');
    expect([refused.status, codeOf(refused)]).toEqual([409, 'state-conflict']);
    expect(refused.body.nextStep).toContain('wait=30');
    await order(api, queued, 'cancel');
    expect((await order(api, queued, 'resume')).body.nextStep).toContain('POST /v1/runs');

    const id = await runAfter(api, ESCALATED);
    await api.database.query((db) =>
      db.execute(`update runs set state = jsonb_set(state, '{attempts}', '{"verify_dependencies": 200}')`),
    );
    const spent = await order(api, id, 'resume');
    expect([spent.status, spent.body.detail]).toEqual([
      409,
      'The run is escalated: its stage attempts are used up.',
    ]);
  });
});

describe('an incident that the API opens', () => {
  const policyOf = async ({ database }: TestApi, id: string) =>
    (await findRun(database, id))?.run.state.incident?.policy;

  test('has the policy of the worker of its host, whose settings the API does not know', async () => {
    const folder = await temporaryFolder();
    const recover = 'error_recovery_agent/recover';
    const pipeline = pipelineOf({ recover }, ['recover -recovery_successful-> end']);
    await writeFile(join(folder, 'first.json'), JSON.stringify({ ...pipeline, id: 'recovery-first' }));
    const api = await startApi({ pipelineFolders: [folder] });
    const { body } = await postRun(api, { pipelineName: 'recovery-first' });
    expect((await findRun(api.database, body.id))?.run.state.incident).toMatchObject({ attempts: 0 });
    expect(await policyOf(api, body.id)).toBeUndefined();
    const settings = { ...DEFAULT_SETTINGS, recoveryBackoffSeconds: [7] };
    await driveRun(api.database, body.id, [begun, notHealed], settings);
    expect(await policyOf(api, body.id)).toMatchObject({ backoffSeconds: [7] });
    const next = (await findRun(api.database, body.id))?.run.state.work;
    expect(next).toMatchObject({ kind: 'recovery', number: 2, delaySeconds: 7 });
  });

  test('too where a run is resumed with stages that have not passed', async () => {
    const api = await startApi();
    const id = await runAfter(api, ESCALATED);
    const [{ state } = { state: null }] = await api.database.query((db) =>
      db.execute<{ state: FinishedRun }>(sql`select state from runs where id = ${id}`),
    );
    const at = state?.resumeFrom;
    if (at?.kind !== 'stage') throw new Error('it does not go on with a stage');
    const resumeFrom = { ...at, unproven: ['start_daemon'] };
    await api.database.query((db) =>
      db.execute(
        sql`update runs set state = state || ${JSON.stringify({ resumeFrom })}::jsonb where id = ${id}`,
      ),
    );
    expect((await order(api, id, 'resume')).status).toBe(202);
    expect((await findRun(api.database, id))?.run.state.incident).toMatchObject({
      unproven: ['start_daemon'],
    });
    expect(await policyOf(api, id)).toBeUndefined();
  });
});

describe('POST /v1/runs/{id}/retry-now', () => {
  test('ends the delay; said again it changes nothing', async () => {
    const api = await startApi();
    const id = await runAfter(api, WAITING);
    expect((await ask(api, `/v1/runs/${id}`)).body).toMatchObject({
      status: 'waiting_retry',
      waitingFor: { kind: 'retry', at: expect.any(String) },
    });
    expect(await claimNow(api, id)).toBeNull();
    const { status, headers, body } = await order(api, id, 'retry-now');
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'waiting_retry', waitingFor: { kind: 'call' } });
    await isCalled(api, id, 'recovery');
    const again = await order(api, id, 'retry-now');
    expect([again.status, again.headers.get('etag')]).toEqual([202, headers.get('etag')]);
    expect(await eventsOf(api, id, 'retry_now')).toEqual([{ by: keyIdOf(api) }]);
    expect(await claimNow(api, id)).not.toBeNull();
  });

  test('is refused where nothing is waited for', async () => {
    const api = await startApi();
    for (const events of [[], [begun], [begun, failed]]) {
      const answer = await order(api, await runAfter(api, events, 'mining-health-check'), 'retry-now');
      expect([answer.status, codeOf(answer)]).toEqual([409, 'state-conflict']);
    }
  });
});

describe('POST /v1/runs/{id}/cancel', () => {
  test.each<[string, RunEvent[]]>([
    ['queued', []],
    ['waiting_retry', WAITING],
    ['running', [begun, { type: 'stage_decided', decision: 'dependencies_ok' }]],
  ])('ends a run at once that is %s and that nobody works on', async (status, events) => {
    const api = await startApi();
    const id = await runAfter(api, events);
    expect((await ask(api, `/v1/runs/${id}`)).body.status).toBe(status);
    const answer = await order(api, id, 'cancel');
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      status: 'cancelled',
      outcome: 'cancelled',
      waitingFor: null,
      leftRunning: null,
      cancelRequestedAt: expect.any(String),
      finishedAt: expect.any(String),
    });
    expect(answer.body.attempts.at(-1).status).toBe('cancelled');
    expect(await eventsOf(api, id, 'cancel_requested')).toEqual([{ by: keyIdOf(api) }]);
    const again = await order(api, id, 'cancel');
    expect([again.status, codeOf(again)]).toEqual([409, 'state-conflict']);
    expect(await claimNow(api, id)).toBeNull();
  });

  test('asks the worker to end a run at work, also when it is said twice', async () => {
    const api = await startApi();
    const id = await runAfter(api, [begun]);
    expect((await ask(api, `/v1/runs/${id}`)).body.waitingFor).toBeNull();
    for (const _ of ['first', 'second']) {
      const { status, body } = await order(api, id, 'cancel');
      expect(status).toBe(202);
      expect(body).toMatchObject({
        status: 'running',
        finishedAt: null,
        cancelRequestedAt: expect.any(String),
        waitingFor: { kind: 'cancel' },
      });
    }
    expect(await eventsOf(api, id, 'cancel_requested')).toHaveLength(1);
    await driveRun(api.database, id, [{ type: 'cancelled' }]);
    expect((await ask(api, `/v1/runs/${id}`)).body).toMatchObject({ status: 'cancelled', waitingFor: null });
  });

  test('calls the worker to a run that was begun and left behind', async () => {
    const api = await startApi();
    const id = await runAfter(api, [begun]);
    await api.database.query((db) => db.execute('update runs set owner = null, lease_until = null'));
    expect((await order(api, id, 'cancel')).body).toMatchObject({ status: 'running' });
    await isCalled(api, id, 'stages');
  });
});

test('orders for a run that is not there are 404', async () => {
  const api = await startApi();
  for (const what of ['cancel', 'resume', 'retry-now'])
    for (const id of [newId(), 'x']) expect(codeOf(await order(api, id, what))).toBe('unknown-run');
});

describe('what a run waits for', () => {
  test('its turn: which run is first, and how many are before it', async () => {
    const api = await startApi();
    const [first, second, third] = [
      await runAfter(api, []),
      await runAfter(api, []),
      await runAfter(api, []),
    ];
    const waitOf = async (id: string) => (await ask(api, `/v1/runs/${id}`)).body.waitingFor;
    const turn = { kind: 'run', pipelineName: 'mining-infrastructure-setup' };
    expect(await waitOf(third)).toEqual({ ...turn, runId: first, status: 'queued', position: 2 });
    await driveRun(api.database, first, WAITING);
    expect(await waitOf(second)).toEqual({ ...turn, runId: first, status: 'waiting_retry', position: 1 });
    const looking = await runAfter(api, [], 'mining-health-check');
    expect(await waitOf(looking)).toEqual({ kind: 'call' });

    const before = await ask(api, `/v1/runs/${second}`);
    const tag = { headers: { 'if-none-match': before.headers.get('etag') ?? '' } };
    const polled = ask(api, `/v1/runs/${second}?wait=20`, tag);
    await order(api, first, 'cancel');
    expect((await polled).body.waitingFor).toEqual({ kind: 'call' });
  });

  test('a worker that is alive', async () => {
    const api = await startApi();
    const id = await runAfter(api, []);
    const seen = `update hosts set seen_at = now() - interval '11 seconds' returning seen_at`;
    await api.database.query((db) => db.execute(seen));
    expect((await ask(api, `/v1/runs/${id}`)).body.waitingFor).toEqual({
      kind: 'worker',
      host: HOST,
      lastSeenAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    await api.database.query((db) => db.execute('delete from hosts'));
    expect((await ask(api, `/v1/runs/${id}`)).body.waitingFor).toMatchObject({ lastSeenAt: null });
  });

  test('an environment that its host serves', async () => {
    const api = await startApi();
    const id = await runAfter(api, []);
    await loseEnvironment(api);
    expect((await ask(api, `/v1/runs/${id}`)).body.waitingFor).toEqual({
      kind: 'environment',
      environment: 'lab',
      host: HOST,
      lastSeenAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    const refused = await postRun(api);
    expect([refused.status, codeOf(refused)]).toEqual([409, 'environment-lost']);
    expect(refused.body.nextStep).toContain(`${api.lab}/davy.json`);
  });
});
