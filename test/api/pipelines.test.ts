import { execFileSync } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask, codeOf, postRun, startApi, temporaryFolder } from './support/api.ts';
import { rawAnswer } from './support/raw.ts';

const HEALTH_CHECK = new URL('../../pipelines/mining-health-check.json', import.meta.url);
const healthCheck = async (changes: Record<string, unknown> = {}) => ({
  ...JSON.parse(await readFile(HEALTH_CHECK, 'utf8')),
  ...changes,
});

test('the pipelines are listed with what can be said of them', async () => {
  const api = await startApi();
  const { status, body } = await ask(api, '/v1/pipelines');
  expect(status).toBe(200);
  const ids = body.items.map(({ id }: { id: string }) => id);
  expect(ids).toEqual([
    'environment-reset',
    'full-mining-cycle',
    'mining-health-check',
    'mining-infrastructure-setup',
    'mining-stack-recovery',
    'mining-stack-stop',
  ]);
  expect(body.items[2]).toEqual({
    id: 'mining-health-check',
    name: 'Mining health check',
    description: expect.any(String),
    version: '1.0.0',
    hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    stages: 1,
    warnings: [],
  });
  expect(body.broken).toEqual([]);
  expect(body.items[3].warnings[0]).toEqual({ path: expect.any(String), message: expect.any(String) });
});

test('a file that appears, changes, breaks or goes is noticed with the next request', async () => {
  const folder = await temporaryFolder();
  const api = await startApi({ pipelineFolders: [folder] });
  const file = join(folder, 'mine.json');
  const names = { pipelineName: 'mine' };
  expect(codeOf(await postRun(api, names))).toBe('unknown-pipeline');

  await writeFile(file, JSON.stringify(await healthCheck({ id: 'mine', version: '1' })));
  const first = await postRun(api, names);
  expect(first.body).toMatchObject({ pipelineVersion: '1', status: 'queued' });

  await writeFile(file, JSON.stringify(await healthCheck({ id: 'mine', version: '2' })));
  const second = await postRun(api, names);
  expect(second.body.pipelineVersion).toBe('2');
  expect(second.body.pipelineHash).not.toBe(first.body.pipelineHash);
  expect((await ask(api, `/v1/runs/${first.body.id}`)).body.pipelineVersion).toBe('1');

  await writeFile(file, JSON.stringify(await healthCheck({ id: 'mine', stages: [] })));
  const broken = await postRun(api, names);
  expect(`${broken.status} ${codeOf(broken)}`).toBe('404 unknown-pipeline');
  expect(broken.body.errors[0].path).toBe('stages');
  expect((await ask(api, '/v1/pipelines')).body.broken).toMatchObject([{ id: 'mine', file }]);

  await rm(file);
  expect((await ask(api, '/v1/pipelines')).body.broken).toEqual([]);
});

test('files that cannot be used are listed with the reason, and spoil nothing', async () => {
  const folder = await temporaryFolder();
  const missing = join(folder, 'missing');
  const api = await startApi({ pipelineFolders: [folder, missing] });
  const good = JSON.stringify(await healthCheck({ id: 'twice' }));
  const files = {
    'a-first.json': good,
    'b-second.json': good,
    'half.json': '{"id": "half"',
    'deep.json': '['.repeat(100_000),
    'large.json': `${good.slice(0, -1)},"x":"${'x'.repeat(1024 * 1024)}"}`,
    'nul.json': JSON.stringify(await healthCheck({ id: 'nul', description: 'a\u0000b' })),
    'surrogate.json': JSON.stringify(await healthCheck({ id: 'surrogate', extra: { deep: ['\ud800'] } })),
    'range.json': good.replace('"twice"', '"range","extra":1e999'),
    'proto.json': good.replace('"twice"', '"proto","__proto__":{}'),
    '.hidden.json': '{',
    'notes.txt': '{',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  execFileSync('mkfifo', [join(folder, 'fifo.json')]);
  const { body } = await ask(api, '/v1/pipelines');
  const reasons = body.broken.map(({ file, problems }: { file: string; problems: { message: string }[] }) => [
    file.slice(folder.length + 1),
    problems[0]?.message,
  ]);
  expect(Object.fromEntries(reasons)).toEqual({
    'b-second.json': expect.stringContaining('a-first.json'),
    'half.json': expect.stringMatching(/JSON/),
    'deep.json': expect.stringContaining('deeper'),
    'large.json': expect.stringContaining('1048576 bytes'),
    'nul.json': expect.stringContaining('NUL'),
    'surrogate.json': expect.stringContaining('surrogate'),
    'range.json': expect.stringContaining('out of range'),
    'proto.json': expect.stringContaining('__proto__'),
    'fifo.json': expect.stringContaining('regular file'),
    missing: expect.stringContaining('ENOENT'),
  });
  expect((await postRun(api, { pipelineName: 'twice' })).status).toBe(202);
});

test("an operator's own pipeline takes the place of a shipped one", async () => {
  const folder = await temporaryFolder();
  const api = await startApi({ pipelineFolders: [folder] });
  const pipelineName = 'mining-health-check';
  const draft = join(folder, 'draft');
  await writeFile(draft, JSON.stringify(await healthCheck({ version: 'ours' })));
  await rename(draft, join(folder, 'health.json'));
  expect((await postRun(api, { pipelineName })).body.pipelineVersion).toBe('ours');
  await rm(join(folder, 'health.json'));
  expect((await postRun(api, { pipelineName })).body.pipelineVersion).toBe('1.0.0');
});

test('a definition is checked without being kept, with everything that is wrong', async () => {
  const api = await startApi();
  const before = (await ask(api, '/v1/pipelines')).body.items;
  const validate = async (body: unknown) => (await ask(api, '/v1/pipelines/validate', { body })).body;
  const good = await healthCheck({ unknown: { to: 'us' } });
  expect(await validate(good)).toEqual({
    valid: true,
    hash: expect.stringMatching(/^sha256:/),
    stages: 1,
    problems: [],
    warnings: [],
  });
  const [stage] = good.stages;
  const bad = await validate({ ...good, stages: [stage, { ...stage, agent: 'nobody' }] });
  expect(bad).toMatchObject({ valid: false, hash: null });
  expect(bad.problems.map(({ path }: { path: string }) => path)).toEqual(['stages[1].id', 'stages[1].agent']);
  expect(await validate({ ...good, description: '\u0000' })).toMatchObject({ valid: false });
  expect(await validate([])).toMatchObject({ valid: false });
  const many = await validate({ stages: Array.from({ length: 500 }, () => '\u0000') });
  expect([many.problems.length, many.problems[100].message]).toEqual([101, 'has 400 more problems']);
  const large = JSON.stringify({ x: 'x'.repeat(256 * 1024) });
  const type = { 'content-type': 'application/json' };
  expect((await rawAnswer(api, 'POST /v1/pipelines/validate', type, large)).status).toBe(413);
  expect((await ask(api, '/v1/pipelines')).body.items).toEqual(before);
});
