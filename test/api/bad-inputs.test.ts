import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { registerHost } from '../../db/environments.ts';
import type { Family } from './bad-inputs/attack.ts';
import { carriers } from './bad-inputs/bodies.ts';
import { envelopes } from './bad-inputs/envelopes.ts';
import { fields } from './bad-inputs/fields.ts';
import { expectations, judge, tally } from './bad-inputs/judge.ts';
import { paths } from './bad-inputs/paths.ts';
import { layLinks, places } from './bad-inputs/places.ts';
import { questions } from './bad-inputs/questions.ts';
import { setScene } from './bad-inputs/scene.ts';
import { states } from './bad-inputs/states.ts';
import { strangers } from './bad-inputs/strangers.ts';
import { targets } from './bad-inputs/targets.ts';
import { trespassers } from './bad-inputs/trespassers.ts';
import { addEnvironment, ask, codeOf, postRun, runRequest, startApi } from './support/api.ts';
import { rawAnswer } from './support/raw.ts';

const FAMILIES = {
  strangers,
  trespassers,
  carriers,
  envelopes,
  fields,
  places,
  questions,
  paths,
  states,
  targets,
} satisfies Record<string, Family>;

afterAll(() => console.log(`bad inputs: ${tally.attacks} attacks, ${tally.requests} requests`));

test.each(Object.entries(FAMILIES))(
  'bad inputs of %s get their answer, and leave nothing behind',
  {
    timeout: 180_000,
  },
  async (_, family) => {
    const scene = await setScene();
    await layLinks(scene.api);
    const attacks = family(scene);
    expect(await judge(scene.api, attacks)).toEqual(expectations(attacks));
    expect((await postRun(scene.api)).status).toBe(202);
  },
);

const JSON_TYPE = { 'content-type': 'application/json' };

test('a problem document has one shape and gives nothing away', async () => {
  const api = await startApi();
  const { status, headers, body } = await postRun(api, { workingDirectory: 7, extra: 1 });
  expect(status).toBe(422);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(body).toEqual({
    type: 'https://davylamp.dev/problems/validation-error',
    title: 'The request is not valid',
    status: 422,
    detail: expect.any(String),
    instance: '/v1/runs',
    errors: [
      { path: 'workingDirectory', message: expect.stringContaining('string') },
      { path: '$', message: expect.stringContaining('extra') },
    ],
  });
});

test('nesting without end is refused for its depth, before it is parsed', async () => {
  const api = await startApi();
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const good = JSON.stringify(runRequest(api)).slice(1);
  const cases = {
    arrays: deep(10_000),
    'arrays in a field': `{"host":${deep(10_000)},${good}`,
    objects: `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`,
    open: '['.repeat(60_000),
  };
  const parse = vi.spyOn(JSON, 'parse');
  onTestFinished(() => parse.mockRestore());
  for (const [name, text] of Object.entries(cases)) {
    const { status, body } = await ask(api, '/v1/runs', { body: text });
    expect({ name, status, errors: body.errors }).toEqual({
      name,
      status: 422,
      errors: [{ path: '$', message: 'is nested deeper than 64 levels' }],
    });
    expect(parse.mock.calls.filter(([parsed]) => parsed === text)).toEqual([]);
  }
  const quotes = `"${'\\"'.repeat(30_000)}`;
  expect(codeOf(await ask(api, '/v1/runs', { body: quotes }))).toBe('malformed-json');
});

test('an environment is found by the longest path, on the host that is meant', async () => {
  const api = await startApi();
  const inner = join(api.lab, 'inner');
  await addEnvironment(api.database, { host: 'rig-1', name: 'inner', workingDirectory: inner });
  await registerHost(api.database, { name: 'rig-2', workerId: 'worker-2', roots: [`${api.root}/`] });
  await registerHost(api.database, { name: 'rig-3', workerId: 'worker-3', roots: ['/elsewhere'] });
  await addEnvironment(api.database, { host: 'rig-2', name: 'lab', workingDirectory: api.lab });
  await addEnvironment(api.database, { host: 'rig-3', name: 'lab', workingDirectory: api.lab });

  const inside = await postRun(api, { workingDirectory: join(inner, 'deeper') });
  expect(inside.body).toMatchObject({ environment: 'inner', host: 'rig-1' });
  const beside = await postRun(api, { workingDirectory: `${inner}-not`, host: 'rig-1' });
  expect(beside.body).toMatchObject({ environment: 'lab', host: 'rig-1' });

  const ambiguous = await postRun(api);
  expect(`${ambiguous.status} ${codeOf(ambiguous)}`).toBe('409 ambiguous-host');
  expect(ambiguous.body.errors).toEqual([{ path: 'host', message: 'must be one of rig-1, rig-2' }]);
  expect((await postRun(api, { host: 'rig-2' })).body).toMatchObject({ environment: 'lab', host: 'rig-2' });
  expect(codeOf(await postRun(api, { host: 'rig-3' }))).toBe('working-directory-not-allowed');
  expect(codeOf(await postRun(api, { host: 'rig-9' }))).toBe('unknown-host');

  const none = await postRun(api, { workingDirectory: join(api.root, 'other') });
  expect(`${none.status} ${codeOf(none)}`).toBe('422 environment-not-found');
  expect(none.body.nextStep).toContain(`${join(api.root, 'other')}/davy.json`);
});

test('a body may be as large as it is said, and no larger', async () => {
  const api = await startApi();
  const just = `{"x":"${'x'.repeat(64 * 1024 - 8)}"}`;
  const verdict = async (body: string) => (await rawAnswer(api, 'POST /v1/runs', JSON_TYPE, body)).code;
  expect([await verdict(just), await verdict(`${just} `)]).toEqual(['validation-error', 'content-too-large']);
});

test('what is refused says what would do', async () => {
  const api = await startApi();
  const { body } = await postRun(api, { workingDirectory: '/etc' });
  expect(body.errors).toEqual([{ path: 'workingDirectory', message: `must lie under ${api.root} on rig-1` }]);
  const { body: unknown } = await postRun(api, { pipelineName: '--help' });
  expect(unknown.nextStep).toContain('full-mining-cycle, mining-health-check');
  await mkdir(join(api.lab, 'real'), { recursive: true });
  expect((await postRun(api, { workingDirectory: join(api.lab, 'real', 'not-there') })).status).toBe(202);
  const allowed = async (request: string) => (await rawAnswer(api, request)).headers.allow;
  expect([await allowed('PUT /v1/runs'), await allowed('PATCH /v1/runs/x')]).toEqual([
    'POST, GET, HEAD',
    'GET, HEAD',
  ]);
});
