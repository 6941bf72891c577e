import { expect, test } from 'vitest';
import type { RunEvent } from '../../core/run.ts';
import { ask, codeOf, postRun, startApi, type TestApi } from './support/api.ts';
import { driveRun } from './support/drive.ts';

const FAILED: RunEvent = {
  type: 'stage_failed',
  failure: { code: 'timeout', message: 'no decision `x` <b>' },
};
const HOPELESS: RunEvent = {
  type: 'recovery_finished',
  outcome: { kind: 'hopeless', escalation: { reason: 'critical_error', detail: 'the disk is broken' } },
};
const HEALED: RunEvent = { type: 'recovery_finished', outcome: { kind: 'healed', reset: false } };

/** A run whose first stage failed, and what came of it. */
async function incident(api: TestApi, end: RunEvent): Promise<void> {
  const { body } = await postRun(api);
  await driveRun(api.database, body.id, [{ type: 'begun' }, FAILED, { type: 'begun' }, end]);
  if (end === HEALED)
    await driveRun(api.database, body.id, [
      { type: 'begun' },
      { type: 'stage_decided', decision: 'dependencies_ok' },
    ]);
  await api.database.query((db) =>
    db.execute('update runs set holds_environment = false, finished_at = now()'),
  );
}

const items = async (api: TestApi, query: string) => (await ask(api, `/v1/incidents${query}`)).body.items;

test('incidents are listed, the newest first, page by page', async () => {
  const api = await startApi();
  for (const end of [HEALED, HOPELESS, HOPELESS]) await incident(api, end);
  const all = await items(api, '');
  expect(all).toMatchObject([
    {
      status: 'escalated',
      environment: 'lab',
      host: 'rig-1',
      component: 'daemon',
      failure: 'process_down',
      escalation: { reason: 'critical_error' },
      escalatedAt: expect.any(String),
      resolvedAt: null,
      timeToRecoveryMs: null,
      recoveryAttempts: [{ number: 1, strategy: 'daemon-crash', outcome: 'escalated' }],
    },
    { status: 'escalated' },
    { status: 'resolved', escalatedAt: null, timeToDetectionMs: expect.any(Number) },
  ]);
  const first = (await ask(api, '/v1/incidents?limit=2')).body;
  expect(first.items).toEqual(all.slice(0, 2));
  const second = (await ask(api, `/v1/incidents?limit=2&cursor=${first.nextCursor}`)).body;
  expect(second).toEqual({ items: all.slice(2), nextCursor: null });
  expect(await items(api, '?status=resolved')).toEqual(all.slice(2));
  expect(await items(api, '?status=open,resolved&environment=lab&component=daemon')).toHaveLength(1);
  expect(await items(api, '?component=pool')).toEqual([]);
  expect(await items(api, '?environment=cellar')).toEqual([]);
  const one = await ask(api, `/v1/incidents/${all[0].id}`);
  expect(one.body).toEqual(all[0]);
});

test('what is not there, or not well said, is told', async () => {
  const api = await startApi();
  const id = '01890000-0000-7000-8000-000000000000';
  const answers = await Promise.all(
    [
      `/v1/incidents/${id}`,
      `/v1/incidents/${id}/report`,
      '/v1/incidents/7',
      '/v1/incidents?status=over',
      '/v1/incidents?cursor=x',
    ].map((path) => ask(api, path)),
  );
  expect(answers.map((answer) => `${answer.status} ${codeOf(answer)}`)).toEqual([
    '404 unknown-incident',
    '404 unknown-incident',
    '404 unknown-incident',
    '422 validation-error',
    '400 invalid-cursor',
  ]);
});

test('the report of an incident is there as JSON and for people', async () => {
  const api = await startApi();
  await incident(api, HOPELESS);
  const [{ report, id }] = await items(api, '');
  const json = await ask(api, report);
  expect(json.body).toMatchObject({
    incident: { id, environment: 'lab', escalation: { detail: 'the disk is broken' } },
    nextSteps: expect.arrayContaining([expect.stringContaining('/v1/environments/lab/maintenance')]),
    findings: ['the process is gone'],
    recoveries: [{ number: 1, outcome: 'escalated' }],
    snapshot: null,
  });
  const whats = json.body.timeline.map(({ what }: { what: string }) => what);
  expect(whats[0]).toContain('it happened');
  expect(whats).toContain('escalated: critical_error');
  const markdown = await ask(api, report, { headers: { accept: 'text/markdown, */*;q=0.1' } });
  expect(markdown.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
  expect(markdown.body).toMatch(/^# lab on rig-1: daemon: process_down\n/);
  expect(markdown.body).toContain('**critical_error**: the disk is broken');
  expect(markdown.body).toContain('no decision \\`x\\` \\<b>');
  expect((await ask(api, report, { headers: { accept: 'text/html, */*' } })).body).toEqual(json.body);
});
