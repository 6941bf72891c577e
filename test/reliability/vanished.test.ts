import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { waitUntil } from '../../worker/host/deadline.ts';
import { findMarked } from '../../worker/host/spawn.ts';
import { endings } from './support/endings.ts';
import { type Light, soon, startLight } from './support/light.ts';
import { ownPostgres } from './support/own-postgres.ts';
import { SINGLE } from './support/steps.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const { atEnd, all } = endings();
let light: Light;

beforeAll(async () => {
  const { url: databaseUrl } = await ownPostgres(atEnd);
  light = await startLight({ databaseUrl, environments: 2, leaseSeconds: 4 }, atEnd);
});
afterAll(all);

test('a run in an environment that vanished says so, ends when it is cancelled, and no further one is accepted', async () => {
  const [folder = '', other = ''] = light.folders;
  const held = await light.postHeld(folder);
  const [begun] = (await light.ask(`/v1/runs/${held.id}`)).body.attempts as { id: string }[];
  const command = () => findMarked(`command:${begun?.id}`);
  expect(await command()).not.toEqual([]);
  light.worker.signal('SIGKILL');
  await rename(join(folder, 'davy.json'), join(folder, 'davy.json.old'));

  const waitsFor = async (id: string) => (await light.ask(`/v1/runs/${id}`)).body.waitingFor;
  const isLost = async () => ((await waitsFor(held.id)) as { kind: string } | null)?.kind === 'environment';
  await waitUntil(isLost, soon('it says what it waits for', 40_000));
  const refused = await light.post(SINGLE, { folder });
  expect(refused.status).toBe(409);
  expect(refused.run).toMatchObject({ type: expect.stringMatching(/environment-lost$/) });

  await light.cancel(held.id);
  const ended = async () => (await light.ask(`/v1/runs/${held.id}`)).body.status === 'cancelled';
  await waitUntil(ended, soon('it ends'));
  expect(await command()).toEqual([]);

  const elsewhere = await light.post(SINGLE, { folder: other });
  await light.untilSucceeded(elsewhere.run.id);
  await rename(join(folder, 'davy.json.old'), join(folder, 'davy.json'));
  const accepted = async () => {
    const { status, run } = await light.post(SINGLE, { folder });
    return status === 202 ? run : null;
  };
  const { id } = await waitUntil(accepted, soon('it is found again'));
  await light.untilSucceeded(id);
});
