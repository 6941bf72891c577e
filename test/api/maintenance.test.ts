import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { WATCH_PIPELINE } from '../../core/recovery.ts';
import type { RunEvent } from '../../core/run.ts';
import { registerHost } from '../../db/environments.ts';
import { recordHealth } from '../../db/health.ts';
import { findRun } from '../../db/runs.ts';
import { addEnvironment, ask, codeOf, postRun, startApi, type TestApi } from './support/api.ts';
import { driveRun } from './support/drive.ts';

const WAITING: RunEvent[] = [
  { type: 'begun' },
  { type: 'stage_failed', failure: { code: 'timeout', message: 'too late' } },
  { type: 'begun' },
  { type: 'recovery_finished', outcome: { kind: 'failed', reason: 'still down' } },
];
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

/** A recovery that has had these experiences; as the watch starts it, unless somebody asked for it. */
async function recovery(api: TestApi, events: RunEvent[], { asked = false } = {}): Promise<string> {
  const { body } = await postRun(api, { pipelineName: WATCH_PIPELINE });
  if (!asked) await api.database.query((db) => db.execute(sql`update runs set alone = true`));
  await driveRun(api.database, body.id, events);
  return body.id;
}

test('calls the recovery of the watch off, and none that somebody asked for', async () => {
  const api = await startApi();
  const by = api.key.split('_')[1];
  const runAfterBeginning = async (id: string) => {
    expect((await ask(api, PATH, { body: {} })).status).toBe(200);
    return (await findRun(api.database, id))?.run;
  };
  const waiting = await recovery(api, WAITING);
  expect(await runAfterBeginning(waiting)).toMatchObject({ status: 'cancelled', cancelRequestedBy: by });
  const atWork = await recovery(api, WAITING.slice(0, 1));
  expect(await runAfterBeginning(atWork)).toMatchObject({ owner: 'worker-1', cancelRequestedBy: by });
  await driveRun(api.database, atWork, [{ type: 'cancelled' }]);
  const asked = await recovery(api, WAITING, { asked: true });
  expect(await runAfterBeginning(asked)).toMatchObject({ status: 'waiting_retry', cancelRequestedAt: null });
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
