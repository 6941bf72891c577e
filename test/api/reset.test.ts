import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import { registerEnvironment } from '../../db/environments.ts';
import { ask, codeOf, HOST, postRun, startApi, type TestApi } from './support/api.ts';

const order = (api: TestApi, name: string, body: object) =>
  ask(api, `/v1/environments/${name}/reset`, { body });

async function environment(api: TestApi, name: string, parts: object): Promise<void> {
  const parsed = parseEnvironment({ name, daemon: {}, pool: {}, ...parts });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const workingDirectory = join(api.root, name);
  await registerEnvironment(api.database, { host: HOST, workingDirectory, definition: parsed.environment });
}

test('what the worker would refuse is refused at once', async () => {
  const api = await startApi();
  await environment(api, 'real', { network: 'testnet', manage: true, resettable: true });
  await environment(api, 'watched', { manage: false, resettable: true });
  const confirmed = (name: string, type: string) => order(api, name, { type, confirm: name });
  for (const [name, type] of [
    ['real', 'soft'],
    ['real', 'config'],
    ['real', 'data'],
    ['real', 'full'],
    ['watched', 'soft'],
    ['watched', 'full'],
    ['lab', 'data'],
  ] as const) {
    const answer = await confirmed(name, type);
    expect(`${answer.status} ${codeOf(answer)}`, `${name} ${type}`).toBe('422 reset-not-allowed');
  }
  expect((await ask(api, '/v1/runs')).body.items).toEqual([]);
});

test('of resets at the same time one is accepted', async () => {
  const api = await startApi();
  const answers = await Promise.all(Array.from({ length: 6 }, () => order(api, 'lab', { type: 'soft' })));
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409, 409]);
  expect(answers.filter(({ status }) => status === 409).map(codeOf)).toEqual(Array(5).fill('state-conflict'));
  expect((await ask(api, '/v1/runs')).body.items).toHaveLength(1);
  await api.database.query((db) => db.execute('update runs set finished_at = now()'));
  await postRun(api, { pipelineName: 'mining-health-check' });
  expect((await order(api, 'lab', { type: 'soft' })).status, "a run that only looks is in nobody's way").toBe(
    202,
  );
  await api.database.query((db) => db.execute('update runs set finished_at = now()'));
  await postRun(api);
  expect((await order(api, 'lab', { type: 'soft' })).status).toBe(409);
});
