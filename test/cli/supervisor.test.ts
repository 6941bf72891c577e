import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../cli/environment-variables.ts';
import { Supervisor, type SupervisorOptions } from '../../cli/stack/supervisor.ts';
import { temporaryDirectory } from './fixtures/files.ts';
import { isAlive, waitFor } from './fixtures/wait.ts';

const SERVICE = fileURLToPath(new URL('fixtures/service.ts', import.meta.url));

test('a child is started when the database is there, and again after a kill -9', async () => {
  const { supervisor, notices, journal } = await supervise('runs');
  expect(await supervisor.ready).toMatchObject({ url: 'http://127.0.0.1:4711' });
  expect(journal()).toContain('started:postgres://1');
  expect(notices).toContain('warn test: it is dark: no lamp');

  const first = supervisor.pid ?? 0;
  process.kill(first, 'SIGKILL');
  await waitFor('a second life', 5_000, () => journal().includes('started:postgres://2'));
  expect(supervisor.pid).not.toBe(first);
  expect(notices).toContain('error test: ended with SIGKILL; it starts again in 0.1 s');
});

test('a stop lets the child close in order and starts it no more', async () => {
  const { supervisor, journal } = await supervise('runs');
  await supervisor.ready;
  const pid = supervisor.pid ?? 0;
  await supervisor.stop();
  expect(isAlive(pid)).toBe(false);
  expect(journal()).toContain(`closed ${pid}`);
  expect(journal().match(/loaded/g)).toHaveLength(1);
});

test('a child that cannot start is given up after three tries, with its own reason', async () => {
  const { supervisor, journal } = await supervise('fails');
  await expect(supervisor.ready).rejects.toMatchObject({
    code: 'service-start',
    message: 'The test does not start: out of luck',
    nextStep: expect.stringContaining('test.log'),
  });
  expect(journal().match(/loaded/g)).toHaveLength(3);
});

test('a child that never gets ready is ended', async () => {
  const { supervisor, notices } = await supervise('hangs', { startTimeoutMs: 300 });
  await expect(supervisor.ready).rejects.toMatchObject({ code: 'service-start' });
  expect(notices).toContain('error test: not ready within 300 ms');
});

test('a rejection that nobody handled ends the child, which is started again', async () => {
  const { notices } = await supervise('rejects');
  await waitFor('a restart', 5_000, () => notices.some((notice) => notice.includes('starts again')));
  expect(notices.join('\n')).toContain('test: unhandled rejection: nobody listens; it starts again in 0.1 s');
});

async function supervise(
  behaviour: string,
  options: Partial<SupervisorOptions> = {},
): Promise<{ supervisor: Supervisor; notices: string[]; journal: () => string }> {
  const directory = await temporaryDirectory();
  const journal = join(directory, 'journal');
  const notices: string[] = [];
  let starts = 0;
  const supervisor = new Supervisor({
    name: 'test',
    argv: ['--import', 'tsx', SERVICE, journal, behaviour],
    logFile: join(directory, 'test.log'),
    log: (level, message) => notices.push(`${level} ${message}`),
    startMessage: async () => {
      const config = loadConfig({ DATABASE_URL: `postgres://${++starts}` });
      return { type: 'start', config: { ...config, databaseUrl: config.databaseUrl ?? '' } };
    },
    ...options,
  });
  onTestFinished(() => supervisor.stop());
  return { supervisor, notices, journal: () => readFileSync(journal, 'utf8') };
}
