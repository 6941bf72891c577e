import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseEnvironment } from '../../core/environment.ts';
import { registerEnvironment } from '../../db/environments.ts';
import { ask, codeOf, HOST, postRun, startApi, type TestApi } from './support/api.ts';
import { driveRun } from './support/drive.ts';

const order = (api: TestApi, name: string, body: object, idempotencyKey?: string) =>
  ask(api, `/v1/environments/${name}/reset`, {
    body,
    headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
  });

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

test('under one key it is one reset, however often and however fast it is asked for', async () => {
  const api = await startApi();
  const soft = () => order(api, 'lab', { type: 'soft' }, 'once');
  const answers = await Promise.all(Array.from({ length: 6 }, soft));
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(5);
  expect((await ask(api, '/v1/runs')).body.items).toHaveLength(1);
  for (const other of [{ type: 'config' }, { type: 'soft', host: HOST }, { type: 'soft', preempt: true }])
    expect(codeOf(await order(api, 'lab', other, 'once'))).toBe('idempotency-key-reused');
  expect(codeOf(await postRun(api, {}, { headers: { 'idempotency-key': 'once' } }))).toBe(
    'idempotency-key-reused',
  );
  await ask(api, `/v1/runs/${answers[0]?.body.id}/cancel`, { method: 'POST' });
  expect((await soft()).body, 'it is over, and was one').toMatchObject({
    id: answers[0]?.body.id,
    status: 'cancelled',
  });
});

test('a reset that preempts cancels what comes before it, and nothing else', async () => {
  const api = await startApi();
  const busy = (await postRun(api)).body.id;
  await driveRun(api.database, busy, [{ type: 'begun' }]);
  const waiting = (await postRun(api)).body.id;
  const looking = (await postRun(api, { pipelineName: 'mining-health-check' })).body.id;
  expect((await order(api, 'lab', { type: 'soft' })).body.nextStep).toContain('"preempt": true');

  const preempting = () => order(api, 'lab', { type: 'soft', preempt: true }, 'now');
  const reset = await preempting();
  expect([reset.status, reset.body.pipelineName]).toEqual([202, 'environment-reset']);
  expect(reset.body.waitingFor).toMatchObject({ kind: 'run', runId: busy, position: 1 });
  const later = (await postRun(api)).body.id;
  expect((await preempting()).body.id).toBe(reset.body.id);
  const states = async (id: string) => {
    const { status, cancelRequestedAt } = (await ask(api, `/v1/runs/${id}`)).body;
    return [status, cancelRequestedAt !== null];
  };
  expect(await states(busy), 'its worker is told').toEqual(['running', true]);
  expect(await states(waiting)).toEqual(['cancelled', true]);
  for (const id of [looking, later, reset.body.id]) expect(await states(id)).toEqual(['queued', false]);
});
