import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLogFile } from '../../../db/embedded/log-file.ts';
import { end, temporaryDirectory, waitFor } from './fixtures/processes.ts';

const LIMITS = { maxBytes: 10_000, checkIntervalMs: 20 };
const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

test('a log that was too long is set aside at the start', async () => {
  const path = join(await temporaryDirectory(), 'server.log');
  await writeFile(path, 'x'.repeat(LIMITS.maxBytes + 1));
  openLogFile(path, LIMITS).close();
  expect(sizeOf(path)).toBe(0);
  expect(sizeOf(`${path}.1`)).toBe(LIMITS.maxBytes + 1);
});

test('it stays short under a process that never stops writing', async () => {
  const path = join(await temporaryDirectory(), 'server.log');
  const log = openLogFile(path, LIMITS);
  onTestFinished(() => log.close());
  const script = 'while :; do echo "one more line of some length"; sleep 0.001; done';
  const writer = spawn('sh', ['-c', script], { stdio: ['ignore', log.fd, log.fd] });
  onTestFinished(() => end(writer));

  await waitFor('a first copy', 10_000, () => sizeOf(`${path}.1`) > LIMITS.maxBytes);
  await waitFor('a new beginning', 1_000, () => sizeOf(path) < LIMITS.maxBytes);
  await waitFor('the writer goes on at the new beginning', 5_000, () => sizeOf(path) > 0);
  expect(log.tail(1)).toBe('one more line of some length');
});

test('the tail is of this start only', async () => {
  const path = join(await temporaryDirectory(), 'server.log');
  await writeFile(path, 'old\n');
  const log = openLogFile(path, LIMITS);
  onTestFinished(() => log.close());
  await once(
    spawn('sh', ['-c', 'echo one; echo two; echo three'], { stdio: ['ignore', log.fd, log.fd] }),
    'exit',
  );
  expect(log.tail(2)).toBe('two\nthree');
  expect(log.tail(10)).toBe('one\ntwo\nthree');
});
