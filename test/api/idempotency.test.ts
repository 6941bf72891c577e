import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createKey } from '../../db/keys.ts';
import { ask, codeOf, postRun, startApi, temporaryFolder } from './support/api.ts';

const key = (value: string) => ({ headers: { 'idempotency-key': value } });

test('100 identical requests at once start one run', async () => {
  const api = await startApi();
  const answers = await Promise.all(Array.from({ length: 100 }, () => postRun(api, {}, key('once'))));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
  expect(replayed).toHaveLength(99);
  expect((await ask(api, '/v1/runs')).body.items).toHaveLength(1);
});

test('a repetition is told the run, another request under the same key is refused', async () => {
  const api = await startApi();
  const first = await postRun(api, {}, key('k 1'));
  const again = await postRun(api, {}, key('k 1'));
  expect(again.status).toBe(202);
  expect(again.body.id).toBe(first.body.id);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');

  const other = await postRun(api, { userPrompt: 'Something else' }, key('k 1'));
  expect(`${other.status} ${codeOf(other)}`).toBe('422 idempotency-key-reused');
  expect((await postRun(api, {}, key('k 2'))).body.id).not.toBe(first.body.id);
  expect((await postRun(api)).body.id).not.toBe((await postRun(api)).body.id);

  const stranger = await createKey(api.database, 'stranger', ['run']);
  const theirs = await postRun(api, {}, { ...key('k 1'), key: stranger });
  expect(theirs.body.id).not.toBe(first.body.id);
});

test('a key that is empty, too long or not plain ASCII is refused', async () => {
  const api = await startApi();
  for (const value of ['', 'x'.repeat(256), 'caf\u00e9', 'a\tb']) {
    const answer = await postRun(api, {}, key(value));
    expect(`${value}: ${answer.status} ${codeOf(answer)}`).toBe(`${value}: 422 validation-error`);
  }
  expect((await postRun(api, {}, key('x'.repeat(255)))).status).toBe(202);
});

test('a repetition is told its run though no new one would be accepted any more', async () => {
  const folder = await temporaryFolder();
  const shipped = new URL('../../pipelines/mining-health-check.json', import.meta.url);
  const file = join(folder, 'own.json');
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(shipped, 'utf8')), id: 'own' }));
  const api = await startApi({ pipelineFolders: [folder] });
  const post = (value: string) => postRun(api, { pipelineName: 'own' }, key(value));
  const { body } = await post('once');
  await rm(file);
  expect(codeOf(await post('anew'))).toBe('unknown-pipeline');
  const again = await post('once');
  expect([again.status, again.body.id]).toEqual([202, body.id]);
});
