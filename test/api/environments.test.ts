import { expect, test } from 'vitest';
import type { ComponentHealth } from '../../core/health.ts';
import { listEnvironments } from '../../db/environments.ts';
import { recordHealth } from '../../db/health.ts';
import { want } from '../support/wanted.ts';
import { ask, postRun, startApi, type TestApi } from './support/api.ts';
import { driveRun } from './support/drive.ts';

const daemon = { name: 'daemon', role: 'daemon', desired: 'running', detail: null } as const;
const pool = { name: 'pool', role: 'pool', desired: 'running', detail: null } as const;

async function started() {
  const api = await startApi();
  const [environment] = await listEnvironments(api.database);
  const id = environment?.id ?? '';
  return {
    api,
    id,
    saw: (components: ComponentHealth[], failures: string[] = [], lookEverySeconds = 15) =>
      recordHealth(
        api.database,
        id,
        {
          healthy: failures.length === 0,
          diagnoses: failures.map((failure) => ({
            component: 'pool',
            role: 'pool',
            failure: failure as 'stratum_deaf',
            evidence: [`it is ${failure}`],
          })),
          components,
        },
        { lookEverySeconds },
      ),
  };
}

const lab = async (api: TestApi) => (await ask(api, '/v1/environments/lab')).body;

test('each component has its facts, and since when they hold', async () => {
  const { api, saw } = await started();
  expect(await lab(api)).toMatchObject({ health: null, currentRun: null, openIncident: null });
  const running = { ...daemon, state: 'running', pid: 7, failure: null } as const;
  const up = { ...pool, state: 'running', pid: 8, failure: null } as const;
  const deaf = { ...up, failure: 'stratum_deaf' } as const;
  const sinceOf = async () => {
    const { health } = await lab(api);
    return [health.since, ...health.components.map(({ since }: { since: string }) => since)];
  };

  await saw([running, up]);
  const first = await sinceOf();
  expect(first.map((since) => new Date(since).toISOString())).toEqual(first);
  await saw([running, { ...up, detail: 'Stratum on port 3333: ok', figures: { stratumPort: 3333 } }]);
  expect(await sinceOf()).toEqual(first);
  const figures = (await lab(api)).health.components.map(({ figures }: ComponentHealth) => figures);
  expect(figures).toEqual([{}, { stratumPort: 3333 }]);

  await saw([running, deaf], ['stratum_deaf']);
  const { health } = await lab(api);
  expect(health).toMatchObject({
    stale: false,
    healthy: false,
    components: [
      { name: 'daemon', state: 'running', failure: null, evidence: [], since: first[1] },
      { name: 'pool', state: 'running', failure: 'stratum_deaf', evidence: ['it is stratum_deaf'] },
    ],
  });
  const second = await sinceOf();
  expect([second[0] > first[0], second[2] > first[2]]).toEqual([true, true]);
  await saw([{ ...running, pid: 9 }, deaf], ['stratum_deaf']);
  const third = await sinceOf();
  expect([third[0], third[2]]).toEqual([second[0], second[2]]);
  expect(third[1] > first[1]).toBe(true);
  // In another order, one more, one less.
  await saw([deaf, { ...up, name: 'other' }], ['stratum_deaf']);
  expect((await sinceOf()).slice(0, 2)).toEqual([second[0], second[2]]);
});

test('health that an older version kept is taken over', async () => {
  const { api, saw } = await started();
  await api.database.query((db) =>
    db.execute(`update environments set health_at = now(), health = '{"healthy": true, "diagnoses": [], "components":
      [{"name": "pool", "role": "pool", "desired": "running", "state": "running", "pid": 8, "detail": null}]}'`),
  );
  expect((await lab(api)).health).toMatchObject({
    since: null,
    stale: false,
    components: [{ since: null, failure: null }],
  });
  await saw([{ ...pool, state: 'running', pid: 8, failure: null }]);
  expect((await lab(api)).health).toMatchObject({
    since: expect.any(String),
    components: [{ since: expect.any(String) }],
  });
});

test('what was seen too long ago is said to be old, and what is wanted is told as it is now', async () => {
  const { api, id, saw } = await started();
  const age = (seconds: number) =>
    api.database.query((db) =>
      db.execute(`update environments set health_at = now() - interval '${seconds} seconds'`),
    );
  const isStale = async () => (await lab(api)).health.stale;
  const down = { ...pool, state: 'down', pid: null, failure: null } as const;
  await saw([down]);
  await age(40);
  expect(await isStale()).toBe(false);
  await age(50);
  expect(await isStale()).toBe(true);
  await saw([down], [], 2);
  expect(await isStale()).toBe(false);
  await age(7);
  expect(await isStale()).toBe(true);
  await want(api.database, id, ['pool'], 'stopped');
  expect((await lab(api)).health.components).toMatchObject([{ name: 'pool', desired: 'stopped' }]);
});

test('an environment tells the run that is at work on it and the incident that is open', async () => {
  const { api } = await started();
  const { id } = (await postRun(api)).body;
  await postRun(api);
  await postRun(api, { pipelineName: 'mining-health-check' });
  await driveRun(api.database, id, [
    { type: 'begun' },
    { type: 'stage_failed', failure: { code: 'x', message: 'y' } },
  ]);
  const { incidents } = (await ask(api, `/v1/runs/${id}`)).body;
  expect(await lab(api)).toMatchObject({
    currentRun: { id, pipelineName: 'mining-infrastructure-setup', status: 'recovering' },
    openIncident: incidents[0].id,
  });
});
