import { expect, test } from 'vitest';
import type { RunEvent } from '../../core/run.ts';
import { ask, postRun, startApi, type TestApi } from './support/api.ts';
import { driveRun } from './support/drive.ts';

/** The answer of a long poll and how long it took. */
async function poll(api: TestApi, path: string, tag?: string) {
  const startedAt = performance.now();
  const answer = await ask(api, path, tag === undefined ? {} : { headers: { 'if-none-match': tag } });
  return { ...answer, durationMs: performance.now() - startedAt };
}

const WAIT = { timeout: 10_000 };

const listeners = async (api: TestApi) => {
  const rows = await api.database.query((db) =>
    db.execute(`select 1 from pg_stat_activity where query ilike 'listen%' and datname = current_database()`),
  );
  return rows.length;
};

test('a long poll answers as soon as the run changes', async () => {
  const api = await startApi();
  const { body, headers } = await postRun(api);
  const path = `/v1/runs/${body.id}?wait=30`;
  const waiting = [poll(api, path), poll(api, path, headers.get('etag') ?? '')];
  await expect.poll(() => listeners(api), WAIT).toBe(1);
  const changedAt = performance.now();
  await driveRun(api.database, body.id, [{ type: 'begun' }]);
  const [plain, tagged] = await Promise.all(waiting);
  expect(performance.now() - changedAt).toBeLessThan(1_000);
  for (const answer of [plain, tagged]) {
    expect(answer?.status).toBe(200);
    expect(answer?.body.status).toBe('running');
    expect(answer?.headers.get('etag')).not.toBe(headers.get('etag'));
  }
  const behind = await poll(api, path, headers.get('etag') ?? '');
  expect(behind.body.status).toBe('running');
  expect(behind.durationMs).toBeLessThan(1_000);
});

test('a change that nobody was told of is found all the same', async () => {
  const api = await startApi();
  const { body } = await postRun(api);
  const waiting = poll(api, `/v1/runs/${body.id}?wait=30`);
  await expect.poll(() => listeners(api), WAIT).toBe(1);
  await api.database.query((db) =>
    db.execute(`update runs set status = 'running', updated_at = now() where id = '${body.id}'`),
  );
  const { body: found, durationMs } = await waiting;
  expect(found.status).toBe('running');
  expect(durationMs).toBeLessThan(4_000);
});

test('a long poll ends in time when nothing happens, and at once for a finished run', async () => {
  const api = await startApi();
  const { body, headers } = await postRun(api, { pipelineName: 'mining-health-check' });
  const path = `/v1/runs/${body.id}`;
  const [unchanged, same] = await Promise.all([
    poll(api, `${path}?wait=1`),
    poll(api, `${path}?wait=1`, headers.get('etag') ?? ''),
  ]);
  expect([unchanged.status, same.status]).toEqual([200, 304]);
  expect(Math.min(unchanged.durationMs, same.durationMs)).toBeGreaterThan(900);

  const events: RunEvent[] = [{ type: 'begun' }, { type: 'stage_decided', decision: 'healthy' }];
  await driveRun(api.database, body.id, events);
  const finished = await poll(api, `${path}?wait=30`);
  expect(finished.body).toMatchObject({ status: 'succeeded', outcome: 'healthy', currentStage: null });
  const known = await poll(api, `${path}?wait=30`, finished.headers.get('etag') ?? '');
  expect(known.status).toBe(304);
  expect(finished.durationMs + known.durationMs).toBeLessThan(1_000);
});

test('clients that hang up, and a server that closes, end their long polls', async () => {
  const api = await startApi();
  const { body } = await postRun(api);
  const path = `/v1/runs/${body.id}?wait=60`;
  const hangUp = new AbortController();
  const gone = ask(api, path, { signal: hangUp.signal }).catch((error: Error) => error.name);
  const cut = ask(api, path).catch((error: Error) => error.name);
  await expect.poll(() => listeners(api), WAIT).toBe(1);
  const answered = () => api.logs.filter(({ data }) => data?.path === `/v1/runs/${body.id}`);
  hangUp.abort();
  expect(await gone).toBe('AbortError');
  await expect.poll(answered, { timeout: 1_500 }).toHaveLength(1);
  const closedAt = performance.now();
  await api.close();
  expect(performance.now() - closedAt).toBeLessThan(2_000);
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
  expect(Date.parse(waiting.nextAttemptAt)).toBeGreaterThan(Date.parse(waiting.startedAt) + 9_000);
  expect(waiting.stages[0]).toMatchObject({ status: 'failed', attempts: 1, decision: null });
  expect(waiting.attempts).toMatchObject([
    { kind: 'stage', status: 'failed', error: { code: 'stage_timeout', message: 'took too long' } },
    { kind: 'recovery', number: 1, status: 'failed', decision: 'failed', error: { code: 'failed' } },
    { kind: 'recovery', number: 2, status: 'pending', decision: null, error: null, durationMs: null },
  ]);
  expect(waiting.attempts[1].durationMs).toBeGreaterThanOrEqual(0);
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
