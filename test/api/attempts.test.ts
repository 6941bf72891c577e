import { expect, test } from 'vitest';
import { note } from '../support/note.ts';
import { ask, codeOf, postRun, startApi, type TestApi } from './support/api.ts';
import { driveRun } from './support/drive.ts';

async function attempts(api: TestApi, id: string, query = '') {
  return (await ask(api, `/v1/runs/${id}/attempts${query}`)).body;
}

/** A run whose first stage failed and whose first recovery noted what it did. */
async function repaired(api: TestApi, notes: [string, Record<string, unknown>][]) {
  const { id } = (await postRun(api)).body;
  await driveRun(api.database, id, [
    { type: 'begun' },
    { type: 'stage_failed', failure: { code: 'stage_timeout', message: 'took too long' } },
    { type: 'begun' },
  ]);
  for (const [type, data] of notes) await note(api.database, id, type, data);
  await driveRun(api.database, id, [
    { type: 'recovery_finished', outcome: { kind: 'failed', reason: 'still down' } },
  ]);
  return id as string;
}

test('attempts come with their logs, page by page', async () => {
  const api = await startApi();
  const id = await repaired(api, [
    ['diagnosis', { component: 'pool', failure: 'process_down', evidence: ['it is gone'] }],
    ['strategy', { strategy: 'pool-disconnection', rung: 1, of: 3 }],
    ['action', { type: 'start', component: 'pool', result: 'up\n2026 action: forged' }],
  ]);
  // Between two attempts: neither's.
  await note(api.database, id, 'action', { type: 'reset', step: 'late', result: 'x' });
  await api.database.query((db) =>
    db.execute(`update stage_attempts set evidence = '{"exitCode": 1, "outputTail": "no such file"}'`),
  );
  const { items, nextCursor } = await attempts(api, id);
  expect(nextCursor).toBeNull();
  expect(items).toMatchObject([
    { kind: 'stage', status: 'failed', evidence: { exitCode: 1 }, log: { text: 'no such file', cut: false } },
    {
      kind: 'recovery',
      number: 1,
      mode: 'targeted',
      delaySeconds: 0,
      strategy: 'daemon-crash',
      rungs: [],
      actions: [],
    },
    { kind: 'recovery', number: 2, status: 'pending', delaySeconds: 10, log: null },
  ]);
  const at = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
  const lines = items[1].log.text.split('\n');
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(String.raw`^${at} diagnosis: pool process_down \(it is gone\)$`)),
    expect.stringMatching(new RegExp(`^${at} strategy: pool-disconnection, step 1 of 3$`)),
    expect.stringMatching(new RegExp(`^${at} action: start pool: up 2026 action: forged$`)),
  ]);
  const first = await attempts(api, id, '?limit=2');
  expect(first.items).toEqual(items.slice(0, 2));
  expect(await attempts(api, id, `?limit=2&cursor=${first.nextCursor}`)).toEqual({
    items: items.slice(2),
    nextCursor: null,
  });
});

test('a log that is too long loses its beginning, and says so', async () => {
  const api = await startApi();
  const notes = Array.from({ length: 20 }, (_, index): [string, Record<string, unknown>] => [
    'action',
    { type: 'start', component: `miner-${index}`, result: '€'.repeat(2_000) },
  ]);
  const id = await repaired(api, notes);
  await api.database.query((db) =>
    db.execute(`update stage_attempts set evidence = '{"outputTail": "the end", "outputCut": true}'`),
  );
  const { items } = await attempts(api, id);
  expect(items[0].log).toEqual({ text: 'the end', cut: true });
  const { text, cut } = items[1].log;
  expect(cut).toBe(true);
  expect(Buffer.byteLength(text)).toBeGreaterThan(65_500);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
  expect(text).toMatch(/^€+\n/);
  expect(text).toContain('miner-19');
});

test('an unchanged page is 304, and what is not a run is 404', async () => {
  const api = await startApi();
  const { id } = (await postRun(api)).body;
  const path = `/v1/runs/${id}/attempts`;
  const tag = (await ask(api, path)).headers.get('etag') ?? '';
  expect((await ask(api, path, { headers: { 'if-none-match': tag } })).status).toBe(304);
  expect(codeOf(await ask(api, `${path}?cursor=x`))).toBe('invalid-cursor');
  expect(codeOf(await ask(api, `${path}?limit=201`))).toBe('validation-error');
  for (const other of ['x', '019f0000-0000-7000-8000-000000000000'])
    expect(codeOf(await ask(api, `/v1/runs/${other}/attempts`))).toBe('unknown-run');
});
