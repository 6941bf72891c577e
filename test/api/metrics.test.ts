import { expect, test } from 'vitest';
import { registerHost } from '../../db/environments.ts';
import { recordHealth } from '../../db/health.ts';
import { newId } from '../../db/id.ts';
import { addEnvironment, ask, codeOf, postRun, startApi, type TestApi } from './support/api.ts';

interface Told {
  component: string | null;
  failure: string | null;
  status?: 'open' | 'resolved' | 'escalated';
  detectionMs: number;
  recoveryMs: number;
  outcomes: (string | null)[];
  closed?: string;
  daysAgo?: number;
}

/** Incidents as if they had happened: what is measured is the arithmetic. */
async function tell(api: TestApi, runId: string, told: readonly Told[]): Promise<void> {
  const [{ environment_id: environmentId } = { environment_id: '' }] = await api.database.query((db) =>
    db.execute<{ environment_id: string }>(`select environment_id from runs where id = '${runId}'`),
  );
  for (const {
    component,
    failure,
    status = 'resolved',
    detectionMs,
    recoveryMs,
    outcomes,
    daysAgo = 0,
    closed = null,
  } of told) {
    const id = newId();
    const text = (value: string | null) => (value === null ? 'null' : `'${value}'`);
    const at = (ms: number) => `now() - interval '${daysAgo} days 1 hour' + interval '${ms} milliseconds'`;
    await api.database.query((db) =>
      db.execute(`insert into incidents (id, run_id, environment_id, status, component, failure, raised, escalation, occurred_at, detected_at, resolved_at)
        values ('${id}', '${runId}', '${environmentId}', '${status}', ${text(component)}, ${text(failure)}, '{}', ${closed === null ? 'null' : `'{"reason": "${closed}"}'`},
                ${at(0)}, ${at(detectionMs)}, ${at(detectionMs + recoveryMs)})`),
    );
    for (const [index, outcome] of outcomes.entries())
      await api.database.query((db) =>
        db.execute(`insert into recovery_attempts (id, run_id, incident_id, number, mode, delay_seconds, outcome, started_at, finished_at)
          values ('${newId()}', '${runId}', '${id}', ${index + 1}, 'targeted', 0, ${text(outcome)}, ${at(0)}, ${at(100 * (index + 1))})`),
      );
  }
}

const OK = 'recovery_successful';
const TOLD: Told[] = [
  {
    component: 'pool',
    failure: 'process_down',
    detectionMs: 100,
    recoveryMs: 1_000,
    outcomes: ['failed', OK],
  },
  { component: 'pool', failure: 'process_down', detectionMs: 300, recoveryMs: 3_000, outcomes: [OK] },
  {
    component: 'pool',
    failure: 'stale_work',
    status: 'escalated',
    detectionMs: 200,
    recoveryMs: 9_000,
    outcomes: ['failed', 'escalated'],
  },
  {
    component: 'daemon',
    failure: 'process_down',
    detectionMs: 10,
    recoveryMs: 500,
    outcomes: ['environment_reset', 'cancelled', null],
  },
  {
    component: null,
    failure: null,
    status: 'escalated',
    closed: 'recovery_off',
    detectionMs: 0,
    recoveryMs: 0,
    outcomes: [],
  },
  {
    component: 'pool',
    failure: 'process_down',
    detectionMs: 70_000,
    recoveryMs: 90_000,
    outcomes: [OK],
    daysAgo: 40,
  },
];

test('the seven figures are there for each environment and each component', async () => {
  const api = await startApi();
  const { body: run } = await postRun(api);
  await tell(api, run.id, TOLD);
  await registerHost(api.database, { name: 'rig-2', workerId: 'w', roots: [api.root] });
  await addEnvironment(api.database, { host: 'rig-2', name: 'quiet', workingDirectory: `${api.root}/quiet` });
  const { body } = await ask(api, '/v1/recovery/metrics?environment=lab');
  expect(body).toMatchObject({
    days: 30,
    environments: [
      {
        environment: 'lab',
        host: 'rig-1',
        incidents: { open: 0, resolved: 3, escalated: 1, closed: 1 },
        recoveryAttempts: { total: 8, successful: 3, failed: 3 },
        successRate: 0.5,
        timeToRecoveryMs: { mean: 1_500, median: 1_000, p95: 2_800 },
        components: [
          {
            component: 'daemon',
            recoveryAttempts: { total: 3, successful: 1, failed: 0 },
            successRate: 1,
            recoveryTimeMs: { mean: 100, median: 100, p95: 100 },
          },
          {
            component: 'pool',
            incidents: { open: 0, resolved: 2, escalated: 1, closed: 0 },
            recoveryAttempts: { total: 5, successful: 2, failed: 3 },
            successRate: 0.4,
            recoveryTimeMs: { mean: 150, median: 150, p95: 195 },
            timeToDetectionMs: { mean: 200, median: 200, p95: 290 },
            timeToRecoveryMs: { mean: 2_000, median: 2_000, p95: 2_900 },
          },
          {
            component: 'unknown',
            recoveryAttempts: { total: 0, successful: 0, failed: 0 },
            successRate: null,
            timeToRecoveryMs: { mean: null, median: null, p95: null },
          },
        ],
        commonFailures: [
          { component: 'pool', failure: 'process_down', count: 2 },
          { component: 'daemon', failure: 'process_down', count: 1 },
          { component: 'pool', failure: 'stale_work', count: 1 },
          { component: 'unknown', failure: 'unknown', count: 1 },
        ],
      },
    ],
  });
  const longer = (await ask(api, '/v1/recovery/metrics?days=60')).body;
  expect(longer.environments).toHaveLength(1);
  expect(longer.environments[0].incidents.resolved).toBe(4);
  expect((await ask(api, '/v1/recovery/metrics?environment=cellar')).body.environments).toEqual([]);
  expect(codeOf(await ask(api, '/v1/recovery/metrics?days=0'))).toBe('validation-error');
});

test('Prometheus gets the same, with every duration in its bucket', async () => {
  const api = await startApi();
  expect((await ask(api, '/metrics')).status, 'with nothing to tell').toBe(200);
  const { body: run } = await postRun(api);
  await tell(api, run.id, TOLD);
  const [{ id = '' } = {}] = await api.database.query((db) =>
    db.execute<{ id: string }>('select id from environments'),
  );
  await recordHealth(api.database, id, { healthy: false, diagnoses: [], components: [] });
  const { body, headers } = await ask(api, '/metrics');
  expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const lines = String(body).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining(
      [
        'davylamp_recovery_attempts_total{component="pool",environment="lab",outcome="recovery_successful"} 3',
        'davylamp_recovery_attempts_total{component="daemon",environment="lab",outcome="running"} 1',
        'davylamp_incidents_total{component="pool",environment="lab",failure="process_down",status="resolved"} 3',
        'davylamp_runs{status="queued"} 1',
        'davylamp_environment_healthy{environment="lab",host="rig-1"} 0',
        '# TYPE davylamp_time_to_recovery_seconds histogram',
      ].map((line) => expect.toSatisfy((found: string) => sameSeries(found, line), line)),
    ),
  );
  const bucket = (bound: string) =>
    lines.find(
      (line) =>
        line.startsWith('davylamp_time_to_recovery_seconds_bucket') &&
        line.includes(`le="${bound}"`) &&
        line.includes('pool'),
    );
  expect(['0.5', '1', '2.5', '5', '60', '120'].map((bound) => bucket(bound)?.split(' ').at(-1))).toEqual([
    '0',
    '1',
    '1',
    '2',
    '2',
    '3',
  ]);
  expect(
    lines.find((line) => line.startsWith('davylamp_time_to_recovery_seconds_sum') && line.includes('pool')),
  ).toMatch(/ 94$/);
  expect((await ask(api, '/metrics', { key: null })).status).toBe(401);
});

/** Labels have no order. */
function sameSeries(one: string, other: string): boolean {
  const sorted = (line: string) =>
    line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join(',')}}`);
  return sorted(one) === sorted(other);
}
