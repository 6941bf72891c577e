import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../worker/host/deadline.ts';
import { endings } from './support/endings.ts';
import { untilLeaseIsOver } from './support/lease.ts';
import { type Light, soon, startLight } from './support/light.ts';
import { ownPostgres } from './support/own-postgres.ts';
import { STEPS } from './support/steps.ts';

const LEASE_SECONDS = 4;

const { atEnd, all } = endings();
let light: Light;

beforeAll(async () => {
  const { url: databaseUrl } = await ownPostgres(atEnd);
  light = await startLight({ databaseUrl, environments: 4, workers: 2, leaseSeconds: LEASE_SECONDS }, atEnd);
});
afterAll(all);

function second() {
  const [, service] = light.workers;
  if (!service) throw new Error('no second worker');
  return service;
}

test('a run that ends its worker each time is given to a person after the third, with one notice', {
  timeout: 90_000,
}, async () => {
  const [folder = ''] = light.folders;
  const first = await light.arm('intent', 'kill');
  const { run } = await light.post(STEPS, { folder });
  await waitUntil(() => !existsSync(first), soon('the worker is killed'));
  for (let times = 2; times <= 3; times++) {
    const again = await light.arm('intent', 'kill');
    await waitUntil(() => !existsSync(again), soon(`the worker is killed for the ${times}. time`));
  }
  await waitUntil(async () => {
    const [row] = await light.rows<{ outcome: string }>(`select outcome from runs where id = '${run.id}'`);
    return row?.outcome === 'crash_loop';
  }, soon('the run is escalated'));
  expect(await light.marks(folder)).toEqual([]);
  expect(await light.rows('select count(*)::int as notices from notices')).toEqual([{ notices: 1 }]);
});

test('a second worker waits and says so; frozen for longer than its lease, the first keeps its stack, and is followed when it dies', {
  timeout: 90_000,
}, async () => {
  const [, folder = '', next = ''] = light.folders;
  second().start();
  const waits = ({ msg }: { msg: string }) => msg.includes('another worker acts on this environment');
  await waitUntil(async () => (await light.logOf(second())).some(waits), soon('the second worker says so'));

  const held = await light.postHeld(folder);
  light.worker.signal('SIGSTOP');
  await waitUntil(
    async () => await isLeaseOver(held.id),
    soon('the lease is over', 3 * LEASE_SECONDS * 1000),
  );
  await light.openGate(folder);
  await waitUntil(async () => (await light.marks(folder)).length >= 2, soon('its stage ends'));
  expect(await light.rows(`select epoch from runs where id = '${held.id}'`)).toEqual([{ epoch: 1 }]);
  light.worker.signal('SIGCONT');
  await light.untilSucceeded(held.id);
  await light.expectEachOnce(folder);

  await light.worker.end();
  const { run } = await light.post(STEPS, { folder: next });
  await light.untilSucceeded(run.id);
  await light.expectEachOnce(next);
});
