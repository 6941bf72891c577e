import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { API_ROUTES } from '../../../api/contract/index.ts';
import { BEFORE_ANY_ROUTE } from '../../../api/contract/words.ts';
import { ask, startApi, type TestApi } from '../support/api.ts';
import { judgeProblem } from '../support/documented.ts';
import { rawAnswer } from '../support/raw.ts';
import { RECORDS, record } from '../support/record.ts';

test('what does not get as far as a route is answered as the document says', async () => {
  const api = await startApi({ limits: { headersTimeout: 200, connectionsCheckingInterval: 50 } });
  const answers = {
    MalformedRequest: await rawAnswer(api, 'G ET /v1/runs'),
    NotFound: await rawAnswer(api, 'GET /v1/nothing'),
    MethodNotAllowed: await rawAnswer(api, 'PUT /v1/runs'),
    RequestTimeout: await halfARequest(api),
    ContentTooLarge: await rawAnswer(api, 'POST /v1/runs', CHUNKED, OVERGROWN),
    HeadersTooLarge: await rawAnswer(api, 'GET /v1/runs', { 'x-long': 'x'.repeat(20_000) }),
  };
  expect(Object.values(answers).map(({ status }) => status)).toEqual([400, 404, 405, 408, 413, 431]);
  for (const [component, { body }] of Object.entries(answers)) judgeProblem(component, JSON.parse(body));
  expect(Object.keys(answers)).toHaveLength(BEFORE_ANY_ROUTE.length);
  const problems = Object.values(answers).map(({ code, body }) => [code, JSON.parse(body)]);
  if (RECORDS) record({ problems: Object.fromEntries(problems) });
});

const CHUNKED = { 'transfer-encoding': 'chunked', 'content-type': 'application/json' };
const OVERGROWN = Buffer.alloc(70_000, ' ');

async function halfARequest({ url }: TestApi): Promise<{ status: number; code: string; body: string }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('error', () => {});
  socket.write('GET /v1/runs HTTP/1.1\r\nhost: x\r\n');
  await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
  const [head = '', body = ''] = Buffer.concat(parts).toString().split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), code: 'request-timeout', body };
}

test('every path names the methods that it has', async () => {
  const api = await startApi({ rateLimit: null });
  for (const path of new Set(API_ROUTES.map((route) => route.split(' ')[1] ?? ''))) {
    const answer = await ask(api, path.replace(/:\w+/g, 'x'), { method: 'PATCH' });
    expect(answer.status, path).toBe(405);
    judgeProblem('MethodNotAllowed', answer.body);
    const methods = API_ROUTES.filter((route) => route.split(' ')[1] === path).map(
      (route) => route.split(' ')[0],
    );
    const allowed = answer.headers
      .get('allow')
      ?.split(', ')
      .filter((method) => method !== 'HEAD');
    expect(allowed?.sort(), path).toEqual(methods.sort());
  }
});
