import { expect, test } from 'vitest';
import type { Snapshot } from '../../core/report.ts';
import { incidentRecord } from '../../db/incidents.ts';
import { dueDeliveries, noteRecovered, saveDelivery } from '../../db/notices.ts';
import { saveTransition } from '../../db/transitions.ts';
import { createWebhook, deleteWebhook, findWebhook } from '../../db/webhooks.ts';
import { atRecovery, goThrough, healed } from './fixtures/course.ts';
import { environment, type World, world, written } from './fixtures/world.ts';

const detail = 'no disk is left\u0000\n"quoted"';
const hopeless = {
  type: 'recovery_finished',
  outcome: { kind: 'hopeless', escalation: { reason: 'critical_error', detail } },
} as const;
const findings = { component: 'pool', failure: 'stale_work' as const, evidence: ['old'], occurredAt: null };
const snapshot: Snapshot = {
  takenAt: '2026-01-01T00:00:00.000Z',
  logs: [{ component: 'pool', file: '/pool.log', lines: ['a \u0000 line'] }],
  system: { processors: 2 },
  problems: [],
};

const webhook = (here: World, environments: string[] | null) =>
  createWebhook(here.database, {
    url: 'https://x.test/',
    secret: 'whsec_eA==',
    environments,
    createdBy: 'k',
  });
const due = (here: World, to: 'log' | 'webhooks') => dueDeliveries(here.database, [here.environmentId], to);

async function escalated(here: World, component = 'pool') {
  const run = await atRecovery(here);
  const found = { ...findings, component };
  await saveTransition(here.database, { ...written(run, hopeless), findings: found, snapshot });
  return run;
}

test('an escalation, its report and its notice are one', async () => {
  const here = await world();
  const [all, cellar, lab] = await Promise.all([
    webhook(here, null),
    webhook(here, ['cellar']),
    webhook(here, ['cellar', 'lab']),
  ]);
  const run = await escalated(here);
  const [log, ...none] = await due(here, 'log');
  expect(none).toEqual([]);
  expect(log).toMatchObject({
    environmentId: here.environmentId,
    target: 'log',
    attempts: 0,
    notice: {
      type: 'incident.escalated',
      createdAt: expect.any(Date),
      data: {
        runId: run.id,
        environment: 'lab',
        host: 'rig-1',
        component: 'pool',
        failure: 'stale_work',
        reason: 'critical_error',
        detail: 'no disk is left\ufffd\n"quoted"',
        escalatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
      },
    },
  });
  const told = (await due(here, 'webhooks')).map(({ target }) => target);
  expect(told.sort()).toEqual([all.id, lab.id].sort());
  expect(told).not.toContain(cellar.id);
  const incidentId = log?.notice.data.incidentId ?? '';
  expect(await incidentRecord(here.database, incidentId)).toMatchObject({
    facts: { id: incidentId, status: 'escalated', component: 'pool', recoveries: [{ number: 1 }] },
    snapshot: { ...snapshot, logs: [{ lines: ['a \ufffd line'] }] },
  });
  const attic = await environment(here.database, 'attic');
  expect(await dueDeliveries(here.database, [attic], 'log')).toEqual([]);
});

test('nobody is called to what was healed, cancelled, or written under a lost claim', async () => {
  const here = await world();
  await goThrough(here, await atRecovery(here), healed);
  await here.sql`update runs set finished_at = now(), holds_environment = false`;
  const cancelled = await atRecovery(here);
  await saveTransition(here.database, { ...written(cancelled, { type: 'cancelled' }), snapshot });
  const lost = await atRecovery(here);
  await here.sql`update runs set epoch = epoch + 1 where id = ${lost.id}`;
  expect(await saveTransition(here.database, { ...written(lost, hopeless), snapshot })).toBeNull();
  expect(await due(here, 'log')).toEqual([]);
  expect(await here.sql`select 1 from incident_reports`).toHaveLength(0);
});

test('the recovery of an environment is noted once for each incident that somebody was called to', async () => {
  const here = await world();
  await noteRecovered(here.database, here.environmentId);
  await escalated(here);
  await escalated(here, 'daemon');
  const attic = await environment(here.database, 'attic');
  await noteRecovered(here.database, attic);
  await Promise.all([1, 2, 3].map(() => noteRecovered(here.database, here.environmentId)));
  const types = (await due(here, 'log')).map(({ notice }) => notice.type);
  expect(types).toEqual([
    'incident.escalated',
    'incident.escalated',
    'incident.recovered',
    'incident.recovered',
  ]);
  const last = (await due(here, 'log')).at(-1);
  expect(last?.notice.data).toMatchObject({ failure: 'stale_work', recoveredAt: expect.any(String) });
});

test('the same fault is not told again, unless it healed meanwhile or is still there an hour later', async () => {
  const here = await world();
  const told = async () =>
    (await here.sql`select type from notices order by created_at, type`).map(({ type }) => type);
  await escalated(here);
  await escalated(here);
  expect(await told()).toEqual(['incident.escalated']);
  expect(await here.sql`select 1 from incident_reports`, 'each has its report').toHaveLength(2);
  await noteRecovered(here.database, here.environmentId);
  await escalated(here);
  expect((await told()).filter((type) => type === 'incident.escalated')).toHaveLength(2);
  await here.sql`update notices set created_at = created_at - interval '61 minutes'`;
  await escalated(here);
  expect((await told()).filter((type) => type === 'incident.escalated')).toHaveLength(3);
});

test('a delivery is made until it succeeds, is given up, or is not wanted any more', async () => {
  const here = await world();
  const { id } = await webhook(here, null);
  await escalated(here);
  const one = async () => {
    const [found] = await due(here, 'webhooks');
    if (!found) throw new Error('nothing is due');
    return found;
  };
  await saveDelivery(here.database, await one(), {
    kind: 'failed',
    error: 'x\u0000'.repeat(600),
    retryAfterSeconds: 5,
  });
  expect(await due(here, 'webhooks')).toEqual([]);
  await here.sql`update notice_deliveries set next_attempt_at = now()`;
  expect(await one()).toMatchObject({ attempts: 1, target: id });
  await saveDelivery(here.database, await one(), { kind: 'failed', error: 'y', retryAfterSeconds: null });
  expect(await due(here, 'webhooks')).toEqual([]);
  await here.sql`update notice_deliveries set dead_at = null`;
  await saveDelivery(here.database, await one(), { kind: 'gone', error: '410' });
  expect(await findWebhook(here.database, id)).toMatchObject({ disabledAt: expect.any(Date) });
  const [log] = await due(here, 'log');
  if (log) await saveDelivery(here.database, log, { kind: 'delivered' });
  expect(await due(here, 'log')).toEqual([]);

  await escalated(here, 'daemon');
  expect(await due(here, 'webhooks'), 'it is disabled').toEqual([]);
  expect(await deleteWebhook(here.database, id)).toBe(true);
  expect(await deleteWebhook(here.database, id)).toBe(false);
  expect(await here.sql`select target from notice_deliveries where delivered_at is null`).toEqual([
    { target: 'log' },
  ]);
});
