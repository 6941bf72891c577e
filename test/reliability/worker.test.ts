import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { waitUntil } from '../../worker/host/deadline.ts';
import { endings } from './support/endings.ts';
import { untilLeaseIsOver } from './support/lease.ts';
import { type Light, soon, startLight } from './support/light.ts';
import { ownPostgres } from './support/own-postgres.ts';

/** Several processes start in each test, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const LEASE_SECONDS = 4;

const { atEnd, all } = endings();
let light: Light;

beforeAll(async () => {
  const { url: databaseUrl } = await ownPostgres(atEnd);
  const options = { environments: 2, workers: 2, dataOfEach: true, leaseSeconds: LEASE_SECONDS };
  light = await startLight({ databaseUrl, ...options }, atEnd);
});
afterAll(all);

function second() {
  const [, service] = light.workers;
  if (!service) throw new Error('no second worker');
  return service;
}

test('a second worker waits and says so; frozen for longer than its lease, the first keeps its stack, and is followed when it dies, whatever the data directory', async () => {
  const [folder = '', next = ''] = light.folders;
  second().start();
  const waits = ({ msg }: { msg: string }) => msg.includes('another worker acts on this environment');
  await waitUntil(async () => (await light.logOf(second())).some(waits), soon('the second worker says so'));

  const held = await light.postHeld(folder);
  light.worker.signal('SIGSTOP');
  await untilLeaseIsOver(light, held.id, LEASE_SECONDS);
  await light.openGate(folder);
  await waitUntil(async () => (await light.marks(folder)).length >= 2, soon('its stage ends'));
  expect(await light.rows(`select epoch from runs where id = '${held.id}'`)).toEqual([{ epoch: 1 }]);
  light.worker.signal('SIGCONT');
  await light.untilSucceeded(held.id);
  await light.expectEachOnce(folder);

  const cutOff = await light.postHeld(next);
  light.worker.signal('SIGKILL');
  const adopts = ({ adoptedRuns }: { adoptedRuns?: number }) => adoptedRuns === 1;
  await waitUntil(
    async () => (await light.logOf(second())).some(adopts),
    soon('the second worker takes over'),
  );
  await light.openGate(next);
  await light.untilSucceeded(cutOff.id);
  await light.expectEachOnce(next);
});
