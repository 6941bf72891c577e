import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedPostgres } from '../../db/embedded/launcher.ts';
import { freePort } from '../support/litecoin.ts';
import { davy, ran } from './fixtures/davy.ts';
import { temporaryDirectory } from './fixtures/files.ts';
import { childOf, isReady, runningStack } from './fixtures/stack.ts';
import { waitFor } from './fixtures/wait.ts';

const TIMEOUT_MS = 60_000;

test('with a Postgres of its own, each service can be run alone', { timeout: 180_000 }, async () => {
  const directory = await temporaryDirectory();
  const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'elsewhere') });
  onTestFinished(() => postgres.stop());
  const url = `http://127.0.0.1:${await freePort()}`;
  const variables = { DATABASE_URL: postgres.url, DAVY_PORT: new URL(url).port };
  const alone = (command: string) => davy([command], variables, directory);

  expect(await ran(['migrate'], variables, directory)).toMatchObject({ code: 0, stderr: '' });
  const api = alone('api');
  const worker = alone('worker');
  await waitFor('the API', TIMEOUT_MS, () => isReady(url));
  await waitFor('the worker', TIMEOUT_MS, () => worker.stderr().includes('"msg":"worker ready"'));
  expect(await ran(['runs'], variables, directory)).toMatchObject({ code: 0 });
  api.process.kill('SIGINT');
  worker.process.kill('SIGTERM');
  expect([await api.exited, await worker.exited]).toEqual([
    { code: 0, signal: null },
    { code: 0, signal: null },
  ]);
  expect(api.stderr() + worker.stderr()).not.toContain(new URL(postgres.url).password);

  const stack = await runningStack(variables, directory);
  expect(stack.url).toBe(url);
  expect(childOf(stack.pid, 'postgres')).toBeUndefined();
});
