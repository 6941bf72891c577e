import { expect, test } from 'vitest';
import { networkOf } from '../../api/guards/remote-address.ts';
import { TokenBuckets } from '../../api/guards/token-buckets.ts';
import { createKey } from '../../db/keys.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { type Answer, ask, codeOf, postRun, startApi } from './support/api.ts';

/** A twentieth of the usual: 50 reads, 10 writes, and 5 requests of strangers at once. */
const TIGHT = 0.05;
const limitsOf = ({ headers }: Answer) => [headers.get('ratelimit-policy'), headers.get('ratelimit')];
const soon = (what: string) => ({ timeoutMs: 10_000, intervalMs: 100, what });

test('every answer says what is left; reads and writes are counted apart, and each key by itself', async () => {
  const api = await startApi();
  expect(limitsOf(await ask(api, '/v1/runs'))).toEqual(['"reads";q=1000;w=10', '"reads";r=999;t=1']);
  expect(limitsOf(await postRun(api))).toEqual(['"writes";q=200;w=10', '"writes";r=199;t=1']);
  expect(limitsOf(await postRun(api, { host: 7 }))[1]).toMatch(/^"writes";r=19[89];t=1$/);
  expect(limitsOf(await ask(api, '/v1/nothing'))[0]).toBe('"reads";q=1000;w=10');
  expect(limitsOf(await ask(api, '/v1/runs', { method: 'PUT' }))[0]).toBe('"writes";q=200;w=10');
  expect(limitsOf(await ask(api, '/v1/runs', { key: null }))).toEqual([
    '"strangers";q=100;w=20',
    '"strangers";r=99;t=1',
  ]);
  const other = await createKey(api.database, 'other', ['run']);
  expect(limitsOf(await postRun(api, {}, { key: other }))[1]).toBe('"writes";r=199;t=1');
  expect(limitsOf(await ask(api, '/healthz', { key: null }))).toEqual([null, null]);
});

test('beyond the budget it is 429 until there is more, for that key and for what it used up', async () => {
  const api = await startApi({ rateLimit: TIGHT });
  const post = () => ask(api, '/v1/pipelines/validate', { body: {} });
  const answers = await Promise.all(Array.from({ length: 20 }, post));
  const limited = answers.filter(({ status }) => status === 429);
  expect(answers.length - limited.length).toBeGreaterThanOrEqual(10);
  const [first] = limited;
  if (!first) throw new Error('nothing was refused');
  expect(codeOf(first)).toBe('rate-limited');
  expect(first.headers.get('content-type')).toBe('application/problem+json');
  expect([first.headers.get('retry-after'), ...limitsOf(first)]).toEqual([
    '1',
    '"writes";q=10;w=10',
    '"writes";r=0;t=1',
  ]);
  expect((await ask(api, '/v1/runs')).status).toBe(200);
  const other = await createKey(api.database, 'other', ['read']);
  expect((await ask(api, '/v1/pipelines/validate', { body: {}, key: other })).status).not.toBe(429);
  await waitUntil(async () => (await post()).status !== 429, soon('there is more'));
});

test('a stranger gains nothing by naming other addresses, and takes nothing from those with a key', async () => {
  const api = await startApi({ rateLimit: TIGHT });
  const bodies = new Set<string>();
  const statuses: number[] = [];
  for (let number = 1; number <= 8; number++) {
    const address = `203.0.113.${number}`;
    const headers = {
      'x-forwarded-for': address,
      forwarded: `for=${address}`,
      'x-real-ip': address,
      authorization: number % 2 ? `Bearer davy_${'0'.repeat(15)}${number}_${'0'.repeat(64)}` : 'Basic x',
    };
    const { status, body } = await ask(api, '/v1/runs', { key: null, headers });
    statuses.push(status);
    bodies.add(`${status} ${body.type}`);
  }
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  expect(bodies.size).toBe(2);
  expect((await ask(api, '/v1/runs')).status).toBe(200);
});

test('a long poll counts once', async () => {
  const api = await startApi();
  const { body, headers } = await postRun(api);
  const known = { 'if-none-match': headers.get('etag') ?? '' };
  const waited = await ask(api, `/v1/runs/${body.id}?wait=1`, { headers: known });
  expect([waited.status, limitsOf(waited)[1]]).toEqual([304, '"reads";r=999;t=1']);
  expect(limitsOf(await ask(api, '/v1/runs'))[1]).toBe('"reads";r=999;t=1');
});

test('limits can be taken off', async () => {
  const api = await startApi({ rateLimit: null });
  expect(limitsOf(await ask(api, '/v1/runs'))).toEqual([null, null]);
});

test('a bucket fills at its pace and no further, and their number is bounded', () => {
  const buckets = new TokenBuckets({ burst: 2, perSecond: 0.5 }, 3);
  const take = (caller: string, second: number) => {
    const { taken, remaining, moreAfterSeconds } = buckets.take(caller, second * 1000);
    return `${taken} ${remaining} ${moreAfterSeconds}`;
  };
  expect([0, 0, 0, 1, 2, 2].map((second) => take('a', second))).toEqual([
    'true 1 2',
    'true 0 2',
    'false 0 2',
    'false 0 1',
    'true 0 2',
    'false 0 2',
  ]);
  expect(take('a', 1_000)).toBe('true 1 2');
  expect(take('a', 1_000)).toBe('true 0 2');
  for (const caller of ['b', 'c', 'a', 'd']) take(caller, 1_000);
  expect(buckets.size).toBe(3);
  expect(take('a', 1_000)).toBe('false 0 2');
  expect(take('b', 1_000)).toBe('true 1 2');
});

test('an IPv6 client has one bucket for all addresses of its network', () => {
  expect(
    ['203.0.113.7', '2001:db8:0:1::1', '2001:db8:0:1:ffff::', '2001:db8::1', '::1', 'fe80::1%eth0'].map(
      networkOf,
    ),
  ).toEqual(['203.0.113.7', '2001:db8:0:1', '2001:db8:0:1', '2001:db8:0:0', '0:0:0:0', 'fe80:0:0:0']);
});
