import { expect, test } from 'vitest';
import type { RunEvent } from '../../core/run.ts';
import { ask, postRun, startApi, type TestApi } from './support/api.ts';
import { driveRun } from './support/drive.ts';

const poll = (api: TestApi, path: string, tag?: string) =>
  ask(api, path, tag === undefined ? {} : { headers: { 'if-none-match': tag } });

const WAIT = { timeout: 10_000 };
/** Longer than a test may take: an answer that comes at the end of it comes too late. */
const LONG = 'wait=60';

const listeners = async (api: TestApi) => {
  const rows = await api.database.query((db) =>
    db.execute(`select 1 from pg_stat_activity where query ilike 'listen%' and datname = current_database()`),
  );
  return rows.length;
};

test('a long poll answers when the run changes, and at once where it has changed already', async () => {
  const api = await startApi();
  const { body, headers } = await postRun(api);
  const path = `/v1/runs/${body.id}?${LONG}`;
  const waiting = [poll(api, path), poll(api, path, headers.get('etag') ?? '')];
  await expect.poll(() => listeners(api), WAIT).toBe(1);
  await driveRun(api.database, body.id, [{ type: 'begun' }]);
  const [plain, tagged] = await Promise.all(waiting);
  for (const answer of [plain, tagged]) {
    expect(answer?.status).toBe(200);
    expect(answer?.body.status).toBe('running');
    expect(answer?.headers.get('etag')).not.toBe(headers.get('etag'));
  }
  const behind = await poll(api, path, headers.get('etag') ?? '');
  expect(behind.body.status).toBe('running');
});

test('a change that nobody was told of is found all the same', async () => {
  const api = await startApi();
  const { body } = await postRun(api);
  const waiting = poll(api, `/v1/runs/${body.id}?${LONG}`);
  await expect.poll(() => listeners(api), WAIT).toBe(1);
  await api.database.query((db) =>
    db.execute(`update runs set status = 'running', updated_at = now() where id = '${body.id}'`),
  );
  expect((await waiting).body.status).toBe('running');
});

test('a long poll ends when its time is over and nothing happened, and at once for a finished run', async () => {
  const api = await startApi();
  const { body, headers } = await postRun(api, { pipelineName: 'mining-health-check' });
  const path = `/v1/runs/${body.id}`;
  const [unchanged, same] = await Promise.all([
    poll(api, `${path}?wait=1`),
    poll(api, `${path}?wait=1`, headers.get('etag') ?? ''),
  ]);
  expect([unchanged.status, same.status]).toEqual([200, 304]);

  const events: RunEvent[] = [{ type: 'begun' }, { type: 'stage_decided', decision: 'healthy' }];
  await driveRun(api.database, body.id, events);
  const finished = await poll(api, `${path}?${LONG}`);
  expect(finished.body).toMatchObject({ status: 'succeeded', outcome: 'healthy', currentStage: null });
  const known = await poll(api, `${path}?${LONG}`, finished.headers.get('etag') ?? '');
  expect(known.status).toBe(304);
});

test('clients that hang up, and a server that closes, end their long polls', async () => {
  const api = await startApi();
  const { body } = await postRun(api);
  const path = `/v1/runs/${body.id}?${LONG}`;
  const hangUp = new AbortController();
  const gone = ask(api, path, { signal: hangUp.signal }).catch((error: Error) => error.name);
  const cut = ask(api, path).catch((error: Error) => error.name);
  await expect.poll(() => listeners(api), WAIT).toBe(1);
  const answered = () => api.logs.filter(({ data }) => data?.path === `/v1/runs/${body.id}`);
  hangUp.abort();
  expect(await gone).toBe('AbortError');
  await expect.poll(answered, WAIT).toHaveLength(1);
  await api.close();
  expect(await cut).toBe('TypeError');
});

test('a failure, its repair and its times are told with the run', async () => {
  const api = await startApi();
  const { body } = await postRun(api);
  await driveRun(api.database, body.id, [
    { type: 'begun' },
    { type: 'stage_failed', failure: { code: 'stage_timeout', message: 'took too long' } },
    { type: 'begun' },
    { type: 'recovery_finished', outcome: { kind: 'failed', reason: 'the daemon did not come up' } },
  ]);
  const waiting = (await ask(api, `/v1/runs/${body.id}`)).body;
  expect(waiting).toMatchObject({ status: 'waiting_retry', currentStage: 'verify_dependencies' });
  const after = (at: string) => Date.parse(waiting.nextAttemptAt) - Date.parse(at);
  expect(after(waiting.attempts[1].finishedAt)).toBe(10_000);
  expect(waiting.stages[0]).toMatchObject({ status: 'failed', attempts: 1, decision: null });
  expect(waiting.attempts).toMatchObject([
    { kind: 'stage', status: 'failed', error: { code: 'stage_timeout', message: 'took too long' } },
    { kind: 'recovery', number: 1, status: 'failed', decision: 'failed', error: { code: 'failed' } },
    { kind: 'recovery', number: 2, status: 'pending', decision: null, error: null, durationMs: null },
  ]);
  const { startedAt, finishedAt, durationMs } = waiting.attempts[1];
  expect(durationMs).toBe(Date.parse(finishedAt) - Date.parse(startedAt));
  expect(waiting.incidents).toEqual([
    {
      id: expect.any(String),
      component: 'daemon',
      failure: 'process_down',
      status: 'open',
      evidence: ['the process is gone'],
      escalation: null,
      occurredAt: expect.any(String),
      detectedAt: expect.any(String),
      resolvedAt: null,
      timeToDetectionMs: 250,
      timeToRecoveryMs: null,
      recoveryAttempts: [
        {
          number: 1,
          strategy: 'daemon-crash',
          actions: [],
          outcome: 'failed',
          reason: 'the daemon did not come up',
          delaySeconds: 0,
        },
        { number: 2, strategy: null, actions: [], outcome: null, reason: null, delaySeconds: 10 },
      ],
    },
  ]);

  await driveRun(api.database, body.id, [
    { type: 'begun' },
    { type: 'recovery_finished', outcome: { kind: 'healed', reset: false } },
    { type: 'begun' },
    { type: 'stage_decided', decision: 'dependencies_ok' },
  ]);
  const healed = (await ask(api, `/v1/runs/${body.id}`)).body;
  expect(healed.stages[0]).toMatchObject({ status: 'succeeded', attempts: 2, decision: 'dependencies_ok' });
  const [incident] = healed.incidents;
  expect(incident).toMatchObject({ status: 'resolved', timeToDetectionMs: 250 });
  expect(incident.timeToRecoveryMs).toBe(Date.parse(incident.resolvedAt) - Date.parse(incident.detectedAt));
});

test('an escalated incident was not recovered from', async () => {
  const api = await startApi();
  const { body } = await postRun(api);
  const escalation = { reason: 'critical_error', detail: 'the disk is full' } as const;
  await driveRun(api.database, body.id, [
    { type: 'begun' },
    { type: 'stage_failed', failure: { code: 'x', message: 'y' } },
    { type: 'begun' },
    { type: 'recovery_finished', outcome: { kind: 'hopeless', escalation } },
  ]);
  const { body: run } = await ask(api, `/v1/runs/${body.id}`);
  expect(run.status).toBe('escalated');
  expect(run.stages.at(-1)).toMatchObject({ status: 'skipped', attempts: 0 });
  expect(run.incidents).toMatchObject([
    { status: 'escalated', escalation, resolvedAt: null, timeToRecoveryMs: null },
  ]);
});
