import { createHmac } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseAllowance } from '../../../core/webhook.ts';
import { listEnvironments } from '../../../db/environments.ts';
import { noteRecovered } from '../../../db/notices.ts';
import { saveTransition } from '../../../db/transitions.ts';
import { createWebhook, findWebhook } from '../../../db/webhooks.ts';
import type { Stack } from '../../../worker/components/stack.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { type Delivery, openDelivery } from '../../../worker/notices/delivery.ts';
import { escalationLogOf } from '../../../worker/notices/log-file.ts';
import { atRecovery } from '../../db/fixtures/course.ts';
import { type World, world, written } from '../../db/fixtures/world.ts';
import { receiver } from './receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const hopeless = {
  type: 'recovery_finished',
  outcome: {
    kind: 'hopeless',
    escalation: { reason: 'critical_error', detail: 'broken\n[RECOVERED] not really' },
  },
} as const;
const findings = { component: 'pool', failure: 'stale_work' as const, evidence: ['old'], occurredAt: null };

interface Scene extends World {
  stack: Stack;
  delivery: Delivery;
  lines(): Promise<string[]>;
}

async function scene(allow = '127.0.0.1'): Promise<Scene> {
  const here = await world();
  const stateDirectory = await mkdtemp(join(tmpdir(), 'davy-notices-'));
  onTestFinished(() => rm(stateDirectory, { recursive: true, force: true }));
  const [registered] = await listEnvironments(here.database);
  if (!registered) throw new Error('no environment');
  const environment = registered.definition;
  const stack = { environmentId: here.environmentId, environment, directory: '/srv/lab', stateDirectory };
  const delivery = openDelivery({
    database: here.database,
    stacks: () => [stack],
    allowance: parseAllowance(allow),
    log: () => {},
  });
  onTestFinished(() => delivery.close());
  const lines = async () => (await readFile(escalationLogOf(stack), 'utf8')).trimEnd().split('\n');
  return { ...here, stack, delivery, lines };
}

async function escalate(here: World): Promise<void> {
  await saveTransition(here.database, { ...written(await atRecovery(here), hopeless), findings });
}

const webhook = (here: World, url: string) =>
  createWebhook(here.database, { url, secret: SECRET, environments: null, createdBy: 'k' });

/** Turns until every call under way has ended in the database. */
const settled = (here: Scene, attempts: number) =>
  waitUntil(
    async () => {
      await here.delivery.turn();
      const [row] =
        await here.sql`select * from notice_deliveries where target <> 'log' and attempts >= ${attempts}`;
      return row ?? null;
    },
    { timeoutMs: 20_000, intervalMs: 20, what: 'the delivery is saved' },
  );

test('an escalation and its end are one line each in the log, with the report beside it', async () => {
  const here = await scene();
  await escalate(here);
  await Promise.all([here.delivery.turn(), noteRecovered(here.database, here.environmentId)]);
  await here.delivery.turn();
  await here.delivery.turn();
  const lines = await here.lines();
  expect(lines).toHaveLength(2);
  const [escalated = '', recovered = ''] = lines;
  expect(escalated).toMatch(
    /^\d{4}-\S+Z \[ESCALATION\] lab pool: stale_work: critical_error: The pool hands out old work\. broken \[RECOVERED\] not really \(incident \S+, report \S+, notice \S+\)$/,
  );
  expect(recovered).toMatch(/^\S+ \[RECOVERED\] lab pool: stale_work: everything .* works again \(incident /);
  const [, report = ''] = /report (\S+),/.exec(escalated) ?? [];
  expect(await readFile(report, 'utf8')).toMatch(/^# lab on rig-1: pool: stale_work\n/);
});

test('a line that was written before a crash is not written again, and a torn one swallows nothing', async () => {
  const here = await scene();
  await escalate(here);
  await here.delivery.turn();
  const [line = ''] = await here.lines();
  await here.sql`update notice_deliveries set delivered_at = null`;
  await here.delivery.turn();
  expect(await here.lines()).toEqual([line]);
  expect(await here.sql`select 1 from notice_deliveries where delivered_at is null`).toHaveLength(0);

  const file = escalationLogOf(here.stack);
  await rm(file);
  await appendFile(file, line.slice(0, 80));
  await here.sql`update notice_deliveries set delivered_at = null`;
  await here.delivery.turn();
  expect(await here.lines()).toEqual([line.slice(0, 80), line]);
});

test('a log that cannot be written is tried again', async () => {
  const here = await scene();
  await mkdir(escalationLogOf(here.stack), { recursive: true });
  await escalate(here);
  await here.delivery.turn();
  const [row] =
    await here.sql`select attempts, last_error, next_attempt_at > now() as waits from notice_deliveries`;
  expect(row).toMatchObject({ attempts: 1, waits: true, last_error: expect.stringContaining('regular') });
  await rm(escalationLogOf(here.stack), { recursive: true });
  await here.sql`update notice_deliveries set next_attempt_at = now()`;
  await here.delivery.turn();
  expect(await here.lines()).toHaveLength(1);
});

test('a webhook is told with a signature, again until it takes it, always with the same id', async () => {
  const here = await scene();
  const { url, received } = await receiver((response, nth) => {
    response.writeHead(nth === 1 ? 500 : 204).end(nth === 1 ? 'no\nway' : undefined);
  });
  await webhook(here, url);
  await escalate(here);
  const failed = await settled(here, 1);
  expect(failed).toMatchObject({ last_error: 'it answered 500: no way', delivered_at: null, dead_at: null });
  await here.sql`update notice_deliveries set next_attempt_at = now()`;
  expect(await settled(here, 2)).toMatchObject({ delivered_at: expect.any(Date), last_error: null });
  expect(received).toHaveLength(2);
  for (const { headers, body } of received) {
    const id = headers['webhook-id'];
    expect(id).toBe(failed.notice_id);
    const signed = `${id}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', Buffer.alloc(32, 9)).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(JSON.parse(body)).toMatchObject({
      type: 'incident.escalated',
      timestamp: expect.any(String),
      data: { environment: 'lab', component: 'pool', reason: 'critical_error' },
    });
  }
});

test('410 ends it for good, a redirect is not followed, an endless answer does no harm', async () => {
  const here = await scene();
  const elsewhere = await receiver((response) => response.end());
  const redirecting = await receiver((response) =>
    response.writeHead(307, { location: elsewhere.url }).end(),
  );
  const first = await webhook(here, redirecting.url);
  await escalate(here);
  expect(await settled(here, 1)).toMatchObject({ last_error: 'it answered 307', dead_at: null });
  expect(elsewhere.received).toEqual([]);
  await here.sql`delete from notices`;
  await here.sql`delete from webhooks where id = ${first.id}`;

  const gone = await receiver((response) => {
    response.writeHead(410);
    for (let chunk = 0; chunk < 20; chunk++) response.write('x'.repeat(10_000));
  });
  const { id } = await webhook(here, gone.url);
  await escalate(here);
  expect(await settled(here, 1)).toMatchObject({ dead_at: expect.any(Date) });
  expect(await findWebhook(here.database, id)).toMatchObject({ disabledAt: expect.any(Date) });
});

test('an address that is not allowed is never called, whatever the database says', async () => {
  const here = await scene('');
  const { url, received } = await receiver((response) => response.end());
  await webhook(here, url);
  await escalate(here);
  expect((await settled(here, 1)).last_error).toContain('not allowed');
  const named = await scene('');
  await webhook(named, 'https://localtest.me.localhost./');
  await escalate(named);
  expect((await settled(named, 1)).last_error).toContain('not allowed');
  expect(received).toEqual([]);
});

test('a webhook that does not answer holds up neither the log nor the others', async () => {
  const here = await scene();
  const silent = await receiver(() => {});
  const quick = await receiver((response) => response.end());
  await webhook(here, silent.url);
  await webhook(here, quick.url);
  await escalate(here);
  await here.delivery.turn();
  expect(await here.lines()).toHaveLength(1);
  await waitUntil(() => Promise.resolve(quick.received.length === 1 && silent.received.length === 1), {
    timeoutMs: 10_000,
    intervalMs: 10,
    what: 'both are called',
  });
  await here.delivery.close();
  const open =
    await here.sql`select attempts from notice_deliveries where delivered_at is null and target <> 'log'`;
  expect(open).toEqual([{ attempts: 0 }]);
});
