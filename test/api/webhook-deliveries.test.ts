import { createHmac } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { parseAllowance } from '../../core/webhook.ts';
import { noteRecovered } from '../../db/notices.ts';
import { saveTransition } from '../../db/transitions.ts';
import { createWebhook } from '../../db/webhooks.ts';
import type { Stack } from '../../worker/components/stack.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { openDelivery } from '../../worker/notices/delivery.ts';
import { atRecovery } from '../db/fixtures/course.ts';
import { type World, world, written } from '../db/fixtures/world.ts';
import { startDns } from '../support/dns.ts';
import { receiver } from '../worker/notices/receiver.ts';
import { ask, codeOf, type StartOptions, startApi, type TestApi } from './support/api.ts';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const UNKNOWN = '01990000-0000-7000-8000-000000000000';
const hopeless = {
  type: 'recovery_finished',
  outcome: { kind: 'hopeless', escalation: { reason: 'critical_error', detail: 'broken' } },
} as const;
const findings = { component: 'pool', failure: 'stale_work' as const, evidence: [], occurredAt: null };

async function register(api: TestApi, url: string): Promise<string> {
  const { status, body } = await ask(api, '/v1/webhooks', { body: { url, secret: SECRET } });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}

const tryOut = (api: TestApi, id: string) => ask(api, `/v1/webhooks/${id}/test`, { method: 'POST' });
const deliveriesOf = async (api: TestApi, id: string, query = '') =>
  (await ask(api, `/v1/webhooks/${id}/deliveries${query}`)).body;
const retry = (api: TestApi, id: string, noticeId: string) =>
  ask(api, `/v1/webhooks/${id}/deliveries/${noticeId}/retry`, { method: 'POST' });

test('a test message is sent as notices are, signed, and told what came of it', async () => {
  const api = await startApi({ webhookAllow: '127.0.0.1' });
  const { url, received } = await receiver((response, nth) => {
    response.writeHead(nth === 1 ? 204 : 503).end(nth === 1 ? undefined : 'not\nnow');
  });
  const id = await register(api, url);
  const good = await tryOut(api, id);
  expect([good.status, good.body]).toEqual([
    200,
    {
      id: expect.any(String),
      delivered: true,
      statusCode: 204,
      durationMs: expect.any(Number),
      reason: null,
    },
  ]);
  const { headers, body } = received[0] ?? { headers: {}, body: '' };
  expect(headers['webhook-id']).toBe(good.body.id);
  const signed = `${good.body.id}.${headers['webhook-timestamp']}.${body}`;
  const signature = createHmac('sha256', Buffer.alloc(32, 9)).update(signed).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${signature}`);
  expect(JSON.parse(body)).toEqual({
    type: 'test',
    timestamp: expect.any(String),
    data: { webhookId: id, message: expect.any(String) },
  });

  const bad = await tryOut(api, id);
  expect(bad.body).toMatchObject({ delivered: false, statusCode: 503, reason: 'it answered 503: not now' });
  expect(received, 'nothing is repeated').toHaveLength(2);
  expect(await deliveriesOf(api, id)).toEqual({ items: [], nextCursor: null });
  expect(codeOf(await tryOut(api, UNKNOWN))).toBe('unknown-webhook');
  expect(codeOf(await tryOut(api, 'x'))).toBe('unknown-webhook');
});

test('a test message follows no redirect and waits for nobody longer than 5 s', async () => {
  const api = await startApi({ webhookAllow: '127.0.0.1' });
  const elsewhere = await receiver((response) => response.end());
  const redirecting = await receiver((response) =>
    response.writeHead(308, { location: elsewhere.url }).end(),
  );
  const silent = await receiver(() => {});
  const silentId = await register(api, silent.url);
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => tryOut(api, silentId)));
  const [refused, ...others] = answers.filter(({ status }) => status !== 200);
  expect([refused && `${refused.status} ${codeOf(refused)}`, ...others]).toEqual(['429 too-many-requests']);
  for (const { body } of answers.filter(({ status }) => status === 200))
    expect(body).toMatchObject({ delivered: false, statusCode: null, reason: 'no answer within 5000 ms' });
  expect(silent.received).toHaveLength(4);
  const answer = await tryOut(api, await register(api, redirecting.url));
  expect(answer.body).toMatchObject({ delivered: false, statusCode: 308, reason: 'it answered 308' });
  expect(elsewhere.received).toEqual([]);
});

test('a name that leads to a private address is called by neither: not tried out, not told', async () => {
  const { resolve, asked } = await startDns(() => ['93.184.215.14', '127.0.0.1']);
  const reason = 'hooks.example.com leads to 127.0.0.1, which webhooks may not call';
  const { api, here, turnUntil } = await scene({ resolveOutside: resolve });
  const id = await register(api, 'https://hooks.example.com/');
  expect(asked, 'it is not looked up when it is registered').toEqual([]);
  expect((await tryOut(api, id)).body).toMatchObject({ delivered: false, statusCode: null, reason });
  await escalate(here);
  await turnUntil(1);
  expect((await deliveriesOf(api, id)).items).toMatchObject([
    { state: 'pending', attempts: 1, lastError: reason },
  ]);
  const { id: sneaked } = await createWebhook(here.database, {
    url: 'https://127.0.0.1/',
    secret: SECRET,
    environments: null,
    createdBy: 'k',
  });
  expect((await tryOut(api, sneaked)).body.reason).toBe(
    'the address is not allowed: it must not be a private or special address',
  );
  expect(asked).toEqual(['hooks.example.com', 'hooks.example.com']);
});

/** The API and the deliveries of a worker on one database. */
async function scene(options: StartOptions) {
  const here = await world();
  const api = await startApi({ ...options, databaseUrl: here.url });
  const stack = { environmentId: here.environmentId, stateDirectory: '/nowhere' } as Stack;
  const delivery = openDelivery({
    database: here.database,
    stacks: () => [stack],
    allowance: parseAllowance(options.webhookAllow ?? ''),
    ...(options.resolveOutside ? { resolve: options.resolveOutside } : {}),
    log: () => {},
  });
  onTestFinished(() => delivery.close());
  // What is written into logs is another test's concern.
  const turn = async () => {
    await here.sql`delete from notice_deliveries where target = 'log'`;
    await delivery.turn();
  };
  const turnUntil = (attempts: number) =>
    waitUntil(
      async () => {
        await turn();
        const rows = await here.sql`select 1 from notice_deliveries where attempts >= ${attempts}`;
        return rows.length > 0;
      },
      { timeoutMs: 10_000, intervalMs: 10, what: `a delivery has been tried ${attempts} times` },
    );
  return { api, here, turn, turnUntil };
}

async function escalate(here: World): Promise<void> {
  await saveTransition(here.database, { ...written(await atRecovery(here), hopeless), findings });
}

test('deliveries are shown by their state, page by page, and a dead letter is put back', async () => {
  const { api, here, turnUntil } = await scene({ webhookAllow: '127.0.0.1' });
  let status = 500;
  const { url, received } = await receiver((response) => response.writeHead(status).end());
  const id = await register(api, url);
  const other = await register(api, url.replace('/hook', '/other'));
  await escalate(here);
  await here.sql`update notices set created_at = created_at - interval '1 minute'`;
  await here.sql`update notice_deliveries set attempts = 9 where target = ${id}`;
  await turnUntil(10);
  await noteRecovered(here.database, here.environmentId);

  const all = await deliveriesOf(api, id);
  expect(all).toEqual({
    items: [
      {
        noticeId: expect.any(String),
        type: 'incident.recovered',
        incidentId: expect.any(String),
        environment: 'lab',
        noticedAt: expect.any(String),
        state: 'pending',
        attempts: 0,
        nextAttemptAt: expect.any(String),
        deliveredAt: null,
        deadAt: null,
        lastError: null,
      },
      expect.objectContaining({
        type: 'incident.escalated',
        state: 'dead',
        attempts: 10,
        nextAttemptAt: null,
        deadAt: expect.any(String),
        lastError: 'it answered 500',
      }),
    ],
    nextCursor: null,
  });
  const [, letter] = all.items;
  expect((await deliveriesOf(api, id, '?state=dead')).items).toEqual([letter]);
  expect((await deliveriesOf(api, id, '?state=pending,dead')).items).toEqual(all.items);
  expect((await deliveriesOf(api, id, '?state=delivered')).items).toEqual([]);
  const first = await deliveriesOf(api, id, '?limit=1');
  expect(first.items).toEqual([all.items[0]]);
  expect(await deliveriesOf(api, id, `?limit=1&cursor=${first.nextCursor}`)).toEqual({
    items: [letter],
    nextCursor: null,
  });
  const counts = async () =>
    Object.fromEntries(
      (await ask(api, '/v1/webhooks')).body.items.map((item: Record<string, unknown>) => [
        item.id,
        item.deliveries,
      ]),
    );
  expect(await counts()).toEqual({ [id]: { pending: 1, dead: 1 }, [other]: { pending: 2, dead: 0 } });

  status = 204;
  const { length } = received;
  const put = await retry(api, id, letter.noticeId);
  expect([put.status, put.body]).toEqual([
    202,
    { webhookId: id, noticeId: letter.noticeId, state: 'pending' },
  ]);
  expect((await retry(api, id, letter.noticeId)).status, 'it may be said again').toBe(202);
  await waitUntil(
    async () => {
      await turnUntil(0);
      return (await counts())[id].pending === 0;
    },
    { timeoutMs: 10_000, intervalMs: 10, what: 'everything is delivered' },
  );
  expect(
    received.slice(length).filter(({ headers }) => headers['webhook-id'] === letter.noticeId),
  ).toHaveLength(1);
  expect((await deliveriesOf(api, id, '?state=delivered')).items).toMatchObject([
    { state: 'delivered', deliveredAt: expect.any(String), lastError: null },
    { noticeId: letter.noticeId, state: 'delivered', attempts: 1, deadAt: null, lastError: null },
  ]);
  const over = await retry(api, id, letter.noticeId);
  expect(`${over.status} ${codeOf(over)}`).toBe('409 state-conflict');
}, 60_000);

test('who says that it is gone is disabled, and its letters stay dead', async () => {
  const { api, here, turnUntil } = await scene({ webhookAllow: '127.0.0.1' });
  const { url, received } = await receiver((response) => response.writeHead(410).end());
  const id = await register(api, url);
  await escalate(here);
  await turnUntil(1);
  const [shown] = (await ask(api, '/v1/webhooks')).body.items;
  expect(shown).toMatchObject({ disabledAt: expect.any(String), deliveries: { pending: 0, dead: 1 } });
  const [letter] = (await deliveriesOf(api, id, '?state=dead')).items;
  const answer = await retry(api, id, letter.noticeId);
  expect(`${answer.status} ${codeOf(answer)}`).toBe('409 state-conflict');
  expect((await deliveriesOf(api, id)).items).toEqual([letter]);
  expect(received).toHaveLength(1);
  expect((await tryOut(api, id)).body, 'it can still be tried out').toMatchObject({ statusCode: 410 });
});

test('what there is not', async () => {
  const api = await startApi();
  const id = await register(api, 'https://hooks.example.com/');
  const wrong = [
    [`/v1/webhooks/${UNKNOWN}/deliveries`, 'unknown-webhook'],
    [`/v1/webhooks/${id}/deliveries?state=lost`, 'validation-error'],
    [`/v1/webhooks/${id}/deliveries?limit=0`, 'validation-error'],
    [`/v1/webhooks/${id}/deliveries?cursor=x`, 'invalid-cursor'],
  ] as const;
  for (const [path, code] of wrong) expect(codeOf(await ask(api, path)), path).toBe(code);
  expect(codeOf(await retry(api, UNKNOWN, UNKNOWN))).toBe('unknown-webhook');
  expect(codeOf(await retry(api, id, UNKNOWN))).toBe('unknown-delivery');
  expect(codeOf(await retry(api, id, "x'--"))).toBe('unknown-delivery');
});
