import { expect, test } from 'vitest';
import { registerHost } from '../../db/environments.ts';
import { recordHealth } from '../../db/health.ts';
import { addEnvironment, ask, codeOf, postRun, startApi } from './support/api.ts';

const PATH = '/v1/environments/lab/maintenance';

test('an environment tells how it is, and whether it is in maintenance, without its secrets', async () => {
  const api = await startApi();
  const before = await ask(api, '/v1/environments/lab');
  expect(before.body).toMatchObject({ name: 'lab', maintenance: null, healthy: null, health: null });
  const environmentId = (
    await api.database.query((db) => db.execute<{ id: string }>('select id from environments'))
  )[0]?.id;
  await recordHealth(api.database, environmentId ?? '', {
    healthy: false,
    diagnoses: [{ component: 'pool', role: 'pool', failure: 'process_down', evidence: ['it is gone'] }],
    components: [{ name: 'pool', role: 'pool', desired: 'running', state: 'down', pid: null, detail: null }],
  });
  const { body } = await ask(api, '/v1/environments/lab');
  expect(body).toMatchObject({
    components: [{ name: 'daemon' }, { name: 'pool' }, { name: 'miner-1' }],
    healthy: false,
    health: {
      at: expect.stringMatching(/Z$/),
      healthy: false,
      diagnoses: [{ component: 'pool', failure: 'process_down' }],
      components: [{ name: 'pool', state: 'down', desired: 'running' }],
    },
  });
  expect(JSON.stringify(body)).not.toContain('not-for-clients');
});

test('maintenance is begun and ended, twice without harm, and runs are accepted all the while', async () => {
  const api = await startApi();
  const begun = await ask(api, PATH, { body: { reason: 'new disk' } });
  expect(begun).toMatchObject({
    status: 200,
    body: {
      name: 'lab',
      maintenance: { reason: 'new disk', since: expect.any(String), by: expect.any(String) },
    },
  });
  const again = await ask(api, PATH, { body: {} });
  expect(again.body.maintenance).toEqual(begun.body.maintenance);
  expect((await ask(api, '/v1/environments')).body.items[0].maintenance).toEqual(begun.body.maintenance);
  expect((await postRun(api)).status).toBe(202);
  expect(await ask(api, PATH, { method: 'DELETE' })).toMatchObject({ status: 204, body: '' });
  expect(await ask(api, PATH, { method: 'DELETE' })).toMatchObject({ status: 204 });
  expect((await ask(api, '/v1/environments/lab')).body.maintenance).toBeNull();
});

test('an environment is named exactly', async () => {
  const api = await startApi();
  await registerHost(api.database, { name: 'rig-2', workerId: 'worker-2', roots: [api.root] });
  await addEnvironment(api.database, { host: 'rig-2', name: 'lab', workingDirectory: api.lab });
  const answers = await Promise.all([
    ask(api, PATH, { body: {} }),
    ask(api, PATH, { method: 'DELETE' }),
    ask(api, '/v1/environments/lab'),
    ask(api, '/v1/environments/LAB'),
    ask(api, PATH, { body: { reason: 7 } }),
    ask(api, PATH, { body: { until: 'noon' } }),
  ]);
  expect(answers.map((answer) => `${answer.status} ${codeOf(answer)}`)).toEqual([
    '409 ambiguous-host',
    '409 ambiguous-host',
    '409 ambiguous-host',
    '404 unknown-environment',
    '422 validation-error',
    '422 validation-error',
  ]);
  expect((await ask(api, PATH, { body: { host: 'rig-2' } })).body).toMatchObject({ host: 'rig-2' });
  expect((await ask(api, '/v1/environments/lab?host=rig-1')).body.maintenance).toBeNull();
  expect((await ask(api, `${PATH}?host=rig-2`, { method: 'DELETE' })).status).toBe(204);
});
