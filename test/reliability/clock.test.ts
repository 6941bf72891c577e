import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { migrate } from '../../db/migrate.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { freshDatabase } from '../support/postgres.ts';
import { type Light, soon, startLight } from './support/light.ts';
import { FAILING } from './support/steps.ts';

/** Several processes start in each test, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const LIBRARIES = '/usr/lib';
const FAKETIME = readdirSync(LIBRARIES)
  .map((name) => join(LIBRARIES, name, 'faketime/libfaketimeMT.so.1'))
  .find((file) => existsSync(file));
const BACKOFF_SECONDS = 3;

/** A worker with a wall clock that can be set while it runs; nobody else has it. */
async function stackWithClock(): Promise<{ light: Light; setClock(offset: string): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'davy-clock-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'clock');
  const setClock = (offset: string) => writeFile(file, `${offset}\n`);
  await setClock('+0');
  const workerVariables = {
    LD_PRELOAD: FAKETIME ?? '',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  const databaseUrl = await freshDatabase(migrate);
  const settings = { recoveryBackoffSeconds: [BACKOFF_SECONDS] };
  const light = await startLight({ databaseUrl, environments: 2, workerVariables, settings }, onTestFinished);
  return { light, setClock };
}

describe.skipIf(FAKETIME === undefined)('the wall clock of the worker (libfaketime)', () => {
  test.each(['+1h', '-1h'])(
    'stepped by %s: no lease is stolen, no retry comes early or is forgotten',
    async (step) => {
      const { light, setClock } = await stackWithClock();
      const [folder = '', other = ''] = light.folders;
      const held = await light.postHeld(folder);
      const { run } = await light.post(FAILING, { folder: other });
      const waiting = await waitUntil(async () => {
        const [row] = await light.rows<{ due: string }>(
          `select next_attempt_at::text as due from runs
            where id = '${run.id}' and status = 'waiting_retry' and next_attempt_at > now() + interval '1 second'`,
        );
        return row ?? null;
      }, soon('the retry waits'));
      await setClock(step);
      await waitUntil(async () => {
        const [row] = await light.rows<{ moved: boolean }>(
          `select (next_attempt_at is distinct from '${waiting.due}') as moved from runs where id = '${run.id}'`,
        );
        return row?.moved;
      }, soon('the retry comes'));
      // By the clock of Postgres, which nobody has set.
      const [retry] = await light.rows<{ isDue: boolean }>(
        `select started_at >= '${waiting.due}'::timestamptz as "isDue"
         from recovery_attempts where run_id = '${run.id}' and number = 2`,
      );
      expect(retry).toEqual({ isDue: true });
      await light.openGate(folder);
      await light.untilSucceeded(held.id);
      await light.expectEachOnce(folder);
    },
  );
});
