import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { registerHost } from '../../db/environments.ts';
import { addEnvironment, ask, codeOf, postRun, runRequest, startApi, type TestApi } from './support/api.ts';
import { rawAnswer } from './support/raw.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends each body to `POST /v1/runs` and gives `<status> <code>` by the name of the case. */
async function verdicts(api: TestApi, bodies: Record<string, unknown>): Promise<Record<string, string>> {
  const entries: [string, string][] = [];
  for (const [name, body] of Object.entries(bodies)) {
    const answer = await ask(api, '/v1/runs', { body });
    entries.push([name, `${answer.status} ${codeOf(answer)}`]);
  }
  return Object.fromEntries(entries);
}

const all = (cases: Record<string, unknown>, verdict: string) =>
  Object.fromEntries(Object.keys(cases).map((name) => [name, verdict]));

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

test('fields that are unknown, missing or of the wrong kind are refused', async () => {
  const api = await startApi();
  const good = runRequest(api);
  const withText = (json: string) => JSON.stringify(good).replace('"Set up"', json);
  const cases = {
    array: [],
    string: '"x"',
    number: '1e999',
    null: 'null',
    'unknown field': { ...good, status: 'succeeded' },
    'id of our own': { ...good, id: '019', epoch: 7 },
    proto: `{"__proto__":{"admin":true},${JSON.stringify(good).slice(1)}`,
    constructor: `{"constructor":{"prototype":{}},${JSON.stringify(good).slice(1)}`,
    'missing prompt': { ...good, userPrompt: undefined },
    'missing pipeline': { ...good, pipelineName: undefined },
    'missing directory': { ...good, workingDirectory: undefined },
    'empty pipeline': { ...good, pipelineName: '' },
    'prompt as object': { ...good, userPrompt: { toString: 'x' } },
    'prompt out of range': withText('1e999'),
    'NUL in prompt': { ...good, userPrompt: 'a\u0000b' },
    'lone surrogate in prompt': withText('"\\ud800"'),
    'NUL in pipeline': { ...good, pipelineName: 'a\u0000b' },
    'lone surrogate in pipeline': { ...good, pipelineName: '\udfff' },
    'NUL in host': { ...good, host: '\u0000' },
    'empty host': { ...good, host: '' },
    'prompt of 8193 characters': { ...good, userPrompt: 'x'.repeat(8193) },
    'prompt of 8193 bytes': { ...good, userPrompt: '€'.repeat(2731) },
    'long pipeline name': { ...good, pipelineName: 'x'.repeat(257) },
    'long directory': { ...good, workingDirectory: `/${'x'.repeat(4096)}` },
  };
  expect(await verdicts(api, cases)).toEqual(all(cases, '422 validation-error'));
});

test('what is not JSON is 400', async () => {
  const api = await startApi();
  const cases = {
    empty: '',
    word: 'pipeline',
    half: '{"pipelineName":',
    twice: '{}{}',
    single: "{'a':1}",
    nan: 'NaN',
  };
  expect(await verdicts(api, cases)).toEqual(all(cases, '400 malformed-json'));
  const latin1 = Buffer.from('{"userPrompt":"\u00e9"}', 'latin1');
  const answer = await rawAnswer(api, 'POST /v1/runs', JSON_TYPE, latin1);
  expect(answer).toMatchObject({ status: 400, code: 'malformed-request' });
});

test('nesting without end is refused within 50 ms', async () => {
  const api = await startApi();
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const good = JSON.stringify(runRequest(api)).slice(1);
  const cases = {
    arrays: deep(10_000),
    'arrays in a field': `{"host":${deep(10_000)},${good}`,
    objects: `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`,
    open: '['.repeat(60_000),
    quotes: `"${'\\"'.repeat(30_000)}`,
  };
  const fastest = async (body: string) => {
    const durations: number[] = [];
    for (let tries = 0; tries < 5; tries++) {
      const startedAt = performance.now();
      const { status } = await ask(api, '/v1/runs', { body });
      expect([400, 422]).toContain(status);
      durations.push(performance.now() - startedAt);
    }
    return Math.min(...durations);
  };
  for (const [name, body] of Object.entries(cases)) {
    const code = codeOf(await ask(api, '/v1/runs', { body }));
    expect(`${name}: ${code}`).toBe(`${name}: ${name === 'quotes' ? 'malformed-json' : 'validation-error'}`);
    expect(await fastest(body)).toBeLessThan(50);
  }
});

test('other content types, encodings and charsets are 415', async () => {
  const api = await startApi();
  const json = JSON.stringify(runRequest(api));
  const headers = {
    missing: { 'content-type': '' },
    form: { 'content-type': 'application/x-www-form-urlencoded' },
    xml: { 'content-type': 'application/xml' },
    multipart: { 'content-type': 'multipart/form-data; boundary=x' },
    'utf-16': { 'content-type': 'application/json; charset=utf-16' },
    gzip: { ...JSON_TYPE, 'content-encoding': 'gzip' },
  };
  for (const [name, extra] of Object.entries(headers)) {
    const body = name === 'gzip' ? gzipSync(json) : json;
    const answer = await rawAnswer(api, 'POST /v1/runs', extra, body);
    expect({ name, ...answer }).toMatchObject({ name, status: 415, code: 'unsupported-media-type' });
  }
});

test('text without a request in it is 400, and never taken from JSON clients', async () => {
  const api = await startApi();
  const json = JSON.stringify(runRequest(api));
  const cases = {
    prose: 'please mine something',
    'bare json': json,
    'no object': '[PIPELINE-EXECUTE] nothing [/PIPELINE-EXECUTE]',
    'no end': `[PIPELINE-EXECUTE] ${json.slice(0, -1)}`,
    two: `[PIPELINE-EXECUTE] ${json} [/PIPELINE-EXECUTE] [PIPELINE-EXECUTE] ${json}`,
  };
  for (const [name, body] of Object.entries(cases)) {
    const answer = await ask(api, '/v1/runs', { body, headers: { 'content-type': 'text/plain' } });
    expect(`${name}: ${answer.status} ${codeOf(answer)}`).toBe(`${name}: 400 malformed-envelope`);
  }
  const envelope = `[PIPELINE-EXECUTE] ${json}`;
  expect(codeOf(await ask(api, '/v1/runs', { body: envelope }))).toBe('malformed-json');
  const broken = await ask(api, '/v1/runs', {
    body: '[PIPELINE-EXECUTE] {pipelineName: x}',
    headers: { 'content-type': 'text/plain' },
  });
  expect(codeOf(broken)).toBe('malformed-json');
});

test('a body over 64 KiB is 413, whether its length is told or not', async () => {
  const api = await startApi();
  const big = JSON.stringify(runRequest(api, { userPrompt: 'x'.repeat(1024 * 1024) }));
  const just = `{"x":"${'x'.repeat(64 * 1024 - 8)}"}`;
  const told = await rawAnswer(api, 'POST /v1/runs', JSON_TYPE, big);
  const chunked = await rawAnswer(
    api,
    'POST /v1/runs',
    { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
    big,
  );
  const endless = await rawAnswer(api, 'POST /v1/runs', { ...JSON_TYPE, 'content-length': '99999999' }, 'x');
  for (const answer of [told, chunked, endless])
    expect(answer).toMatchObject({ status: 413, code: 'content-too-large' });
  expect(await rawAnswer(api, 'POST /v1/runs', JSON_TYPE, just)).toMatchObject({ code: 'validation-error' });
  expect(await rawAnswer(api, 'POST /v1/runs', JSON_TYPE, `${just} `)).toMatchObject({
    code: 'content-too-large',
  });
});

test('a working directory outside the rules is 422', async () => {
  const api = await startApi();
  await mkdir(join(api.lab, 'real'), { recursive: true });
  await symlink(join(api.lab, 'real'), join(api.lab, 'link'));
  await symlink(join(api.lab, 'loop'), join(api.lab, 'loop'));
  const paths = {
    relative: 'lab',
    dot: './lab',
    root: '/',
    etc: '/etc',
    'root of another': `${api.root}-evil`,
    'parent of the root': join(api.root, '..'),
    'dots inside': `${api.root}/lab/../../etc`,
    'dot inside': `${api.root}/./lab`,
    'dots at the end': `${api.lab}/..`,
    'double slash': `${api.root}//lab`,
    'slash at the end': `${api.lab}/`,
    home: '~/lab',
    'home inside': `${api.root}/~/lab`,
    variable: '$HOME/lab',
    'variable inside': join(api.root, '$HOME'),
    proc: `/proc/self/root${api.lab}`,
    NUL: `${api.lab}\u0000`,
    newline: `${api.lab}\n`,
    escape: `${api.lab}\u001b[2J`,
    'lone surrogate': `${api.lab}\ud800`,
    windows: 'C:\\lab',
    url: `file://${api.lab}`,
    symlink: join(api.lab, 'link'),
    'below a symlink': join(api.lab, 'link', 'not', 'there'),
    'symlink loop': join(api.lab, 'loop', 'x'),
  };
  const cases = Object.fromEntries(
    Object.entries(paths).map(([name, workingDirectory]) => [name, runRequest(api, { workingDirectory })]),
  );
  expect(await verdicts(api, cases)).toEqual(all(cases, '422 working-directory-not-allowed'));
  const { body } = await postRun(api, { workingDirectory: '/etc' });
  expect(body.errors).toEqual([{ path: 'workingDirectory', message: `must lie under ${api.root} on rig-1` }]);
  expect((await postRun(api, { workingDirectory: join(api.lab, 'real', 'not-there') })).status).toBe(202);
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

test('an unknown pipeline is 404 and the known ones are named', async () => {
  const api = await startApi();
  const names = [
    '../../x',
    '../pipelines/full-mining-cycle',
    'x;reboot',
    '--help',
    '__proto__',
    'constructor',
    'x.json',
  ];
  for (const pipelineName of names) {
    const answer = await postRun(api, { pipelineName });
    expect(`${pipelineName}: ${answer.status} ${codeOf(answer)}`).toBe(
      `${pipelineName}: 404 unknown-pipeline`,
    );
    expect(answer.body.nextStep).toContain('full-mining-cycle, mining-health-check');
  }
});

test('a query that is not understood is refused', async () => {
  const api = await startApi();
  const queries = {
    'limit=1e9': '422 validation-error',
    'limit=-1': '422 validation-error',
    'limit=0': '422 validation-error',
    'limit=201': '422 validation-error',
    'limit=1.5': '422 validation-error',
    'limit=': '422 validation-error',
    'limit=1&limit=2': '422 validation-error',
    'sort=name': '422 validation-error',
    'status=lost': '422 validation-error',
    'status=': '422 validation-error',
    'pipeline=%00': '422 validation-error',
    'environment=': '422 validation-error',
    '__proto__=1': '422 validation-error',
    'cursor=x': '400 invalid-cursor',
    'cursor=': '400 invalid-cursor',
    'cursor=AAAAAAAAAAAAAAAAAAAAAB': '400 invalid-cursor',
    'cursor=AZqqqqAAcACAAAAAAAAAAB': '400 invalid-cursor',
    'cursor=019aaaaa-0000-7000-8000-000000000000': '400 invalid-cursor',
    "cursor=1';drop table runs--": '400 invalid-cursor',
  };
  for (const [query, verdict] of Object.entries(queries)) {
    const answer = await ask(api, `/v1/runs?${query}`);
    expect(`${query}: ${answer.status} ${codeOf(answer)}`).toBe(`${query}: ${verdict}`);
  }
  const { body } = await postRun(api);
  for (const query of ['wait=61', 'wait=-1', 'wait=x', 'wait=1&wait=2', 'wait=', 'timeout=1']) {
    const answer = await ask(api, `/v1/runs/${body.id}?${query}`);
    expect(`${query}: ${answer.status} ${codeOf(answer)}`).toBe(`${query}: 422 validation-error`);
  }
});

test('a path that is not a route is 404, a method that is not one is 405 with those that are', async () => {
  const api = await startApi();
  const paths = [
    '/v1/nothing',
    '/v1',
    '/v1/runs/',
    '/%2e%2e%2f',
    '//admin',
    '/..;/',
    '/v1/../etc/passwd',
    '/v2/runs',
    '/.env',
    '/V1/RUNS',
  ];
  for (const path of paths) {
    const answer = await rawAnswer(api, `GET ${path}`);
    expect(`${path}: ${answer.status} ${answer.code}`).toBe(`${path}: 404 not-found`);
  }
  const methods = {
    'TRACE /v1/runs': 'POST, GET, HEAD',
    'PUT /v1/runs': 'POST, GET, HEAD',
    'DELETE /v1/runs': 'POST, GET, HEAD',
    'PATCH /v1/runs/x': 'GET, HEAD',
    'POST /v1/runs/x': 'GET, HEAD',
    'GET /v1/pipelines/validate': 'POST',
    'OPTIONS /v1/hosts': 'GET, HEAD',
    'TRACE /healthz': 'GET, HEAD',
  };
  for (const [route, allow] of Object.entries(methods)) {
    const answer = await rawAnswer(api, route);
    expect({ route, ...answer }).toMatchObject({ route, status: 405, code: 'method-not-allowed' });
    expect(answer.headers.allow).toBe(allow);
  }
  const override = await ask(api, '/v1/runs', { headers: { 'x-http-method-override': 'DELETE' } });
  expect(override.status).toBe(200);
});

test('what is hardly HTTP is answered and let go', async () => {
  const api = await startApi();
  const huge = await rawAnswer(api, 'GET /v1/runs', { 'x-long': 'x'.repeat(20_000) });
  expect(huge).toMatchObject({ status: 431, code: 'headers-too-large' });
  const token = await rawAnswer(api, 'GET /v1/runs', { authorization: `Bearer ${'x'.repeat(20_000)}` });
  expect(token.status).toBe(431);
  expect(await rawAnswer(api, 'NONSENSE /v1/runs')).toMatchObject({ status: 400, code: 'malformed-request' });
  expect(await rawAnswer(api, 'GET /v1\\runs')).toMatchObject({ status: 400, code: 'malformed-request' });
  expect((await ask(api, '/healthz')).status).toBe(200);
});
