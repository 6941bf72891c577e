import { expect, test } from 'vitest';
import { davylampClient, type Incident, type Problem, type Run } from '../../../api/client.ts';
import { ask, runRequest, startApi } from '../support/api.ts';

test('the typed client starts a run, reads it and ends it', async () => {
  const api = await startApi();
  const client = davylampClient(api.url, { apiKey: api.key });
  const accepted = await client.v1.runs.$post({
    json: { pipelineName: 'mining-infrastructure-setup', userPrompt: 'Set up', workingDirectory: api.lab },
    header: { 'Idempotency-Key': 'one' },
  });
  if (!accepted.ok) throw new Error((await accepted.json()).detail);
  const run: Run = await accepted.json();
  const read = await client.v1.runs[':id'].$get({ param: { id: run.id }, query: {}, header: {} });
  if (!read.ok) throw new Error(`${read.status}`);
  expect(await read.json()).toEqual(run);
  const known = { 'If-None-Match': read.headers.get('etag') ?? '' };
  const same = await client.v1.runs[':id'].$get({
    param: { id: run.id },
    query: { wait: '0' },
    header: known,
  });
  expect(same.status).toBe(304);
  const listed = await client.v1.runs.$get({ query: { status: 'queued', limit: '1' }, header: {} });
  expect(listed.ok && (await listed.json()).items.map(({ id }) => id)).toEqual([run.id]);
  const ended = await client.v1.runs[':id'].cancel.$post({ param: { id: run.id } });
  expect(ended.ok && (await ended.json()).status).toBe('cancelled');
  const events = await client.v1.runs[':id'].events.$get(
    { param: { id: run.id }, query: {}, header: {} },
    { headers: { accept: 'application/json' } },
  );
  expect(events.ok && (await events.json()).items.map(({ type }) => type)).toContain('cancel_requested');
});

test('a problem is typed too', async () => {
  const api = await startApi();
  const client = davylampClient(api.url);
  const answer = await client.v1.hosts.$get();
  expect(answer.ok).toBe(false);
  if (answer.ok) return;
  const { status, detail }: Problem = await answer.json();
  expect([status, detail]).toEqual([401, 'The request carries no valid API key.']);
  const alive = await client.healthz.$get();
  expect(alive.ok && (await alive.json()).status).toBe('ok');
});

test('its words are those of the API', async () => {
  const api = await startApi();
  const client = davylampClient(api.url, { apiKey: api.key, fetch: (input, init) => fetch(input, init) });
  await ask(api, '/v1/runs', { body: runRequest(api) });
  const page = await client.v1.incidents.$get({ query: { environment: 'lab' } });
  const incidents: Incident[] = page.ok ? (await page.json()).items : [];
  expect(incidents).toEqual([]);
});

/** Never called: what is wrong in here does not compile, which `npm run typecheck` sees to. */
async function misunderstandings(client = davylampClient('http://127.0.0.1')): Promise<void> {
  // @ts-expect-error a route that there is not
  client.v1.pools.$get();
  // @ts-expect-error a method that it does not have
  client.v1.runs.$delete();
  // @ts-expect-error a request without a working directory
  await client.v1.runs.$post({ json: { pipelineName: 'x', userPrompt: '' }, header: {} });
  // @ts-expect-error a type of reset that there is not
  await client.v1.environments[':name'].reset.$post({ param: { name: 'lab' }, json: { type: 'all' } });
  // @ts-expect-error a filter that there is not
  await client.v1.runs.$get({ query: { colour: 'red' }, header: {} });
  const answer = await client.v1.hosts.$get();
  // @ts-expect-error it may be a problem, which has no items
  (await answer.json()).items.length;
  if (!answer.ok) return;
  const { items } = await answer.json();
  // @ts-expect-error a field that there is not
  items[0]?.alife;
}

void misunderstandings;
