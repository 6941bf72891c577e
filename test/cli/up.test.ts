import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { davy } from './fixtures/davy.ts';
import { temporaryDirectory } from './fixtures/files.ts';
import { childOf, commandLine, descendants, isReady, runningStack } from './fixtures/stack.ts';
import { isAlive, waitFor } from './fixtures/wait.ts';

const TEST_TIMEOUT_MS = 180_000;
const RECOVERY_TIMEOUT_MS = 30_000;

test('what is killed comes back, and a SIGTERM leaves nothing running', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const stack = await runningStack();
  const hosts = await fetch(`${stack.url}/v1/hosts`, {
    headers: { authorization: `Bearer ${stack.apiKey}` },
  });
  expect(await hosts.json()).toMatchObject({ items: [{ roots: [stack.directory] }] });

  for (const name of ['api', 'postgres', 'worker'] as const) {
    const killed = childOf(stack.pid, name) ?? 0;
    process.kill(killed, 'SIGKILL');
    await waitFor(
      `another ${name}`,
      RECOVERY_TIMEOUT_MS,
      () => (childOf(stack.pid, name) ?? killed) !== killed,
    );
    await waitFor('the API, on the same port', RECOVERY_TIMEOUT_MS, () => isReady(stack.url));
    expect(stack.stderr()).toContain(`error: ${name}: ended with SIGKILL; it starts again in 0.1 s`);
  }

  const workerLog = join(stack.directory, '.davy', 'logs', 'worker.log');
  const isWorkerBack = () => readFileSync(workerLog, 'utf8').match(/"worker ready"/g)?.length === 2;
  await waitFor('the worker', RECOVERY_TIMEOUT_MS, isWorkerBack);
  const toldBefore = stack.stderr();
  const pids = descendants(stack.pid);
  expect(pids.length).toBeGreaterThan(3);
  stack.process.kill('SIGTERM');
  expect(await stack.exited).toEqual({ code: 0, signal: null });
  // Postgres goes last: whoever still needed it would complain.
  expect(stack.stderr()).toBe(toldBefore);
  expect(pids.filter(isAlive)).toEqual([]);
});

test('a supervisor that is killed takes all of its children along', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const stack = await runningStack();
  const pids = descendants(stack.pid);
  stack.process.kill('SIGKILL');
  await waitFor('their end', 10_000, () => !pids.some(isAlive));

  const again = await runningStack({}, stack.directory);
  expect(again.apiKey).toBe(stack.apiKey);
});

test('a Postgres that must move to another port is followed by all', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const stack = await runningStack();
  const before = childOf(stack.pid, 'postgres') ?? 0;
  const port = Number(/\bport=(\d+)/.exec(commandLine(before).join(' '))?.[1]);
  process.kill(before, 'SIGKILL');
  await waitFor('the port of Postgres', 1_000, () => listenOn(port).catch(() => null));

  const after = await waitFor('another Postgres', RECOVERY_TIMEOUT_MS, () => {
    const found = childOf(stack.pid, 'postgres');
    return found !== before && found;
  });
  expect(commandLine(after).join(' ')).not.toContain(`port=${port}`);
  await waitFor('the API', RECOVERY_TIMEOUT_MS, () => isReady(stack.url));
  expect(stack.stderr()).toContain('error: api: ended with exit code 0; it starts again in 0.1 s');
});

test('a port that is taken ends the start with what to do', { timeout: TEST_TIMEOUT_MS }, async () => {
  const port = await listenOn(0);
  const up = davy(['up'], { DAVY_PORT: `${port}` }, await temporaryDirectory());
  const pids = new Set<number>();
  const watch = setInterval(() => {
    for (const pid of descendants(up.process.pid ?? 0)) pids.add(pid);
  }, 100);
  onTestFinished(() => clearInterval(watch));
  expect(await up.exited).toMatchObject({ code: 1 });
  expect(up.stderr()).toContain(`davy: The api does not start: Port ${port} of 127.0.0.1 is taken.`);
  expect(up.stderr()).toContain('Set DAVY_PORT');
  expect([...pids].filter(isAlive)).toEqual([]);
});

test('Ctrl-C while it starts leaves nothing running', { timeout: TEST_TIMEOUT_MS }, async () => {
  const up = davy(['up'], { DAVY_PORT: '0' }, await temporaryDirectory());
  const pids = await waitFor('children', 30_000, () => {
    const found = descendants(up.process.pid ?? 0);
    return found.length >= 3 && found;
  });
  // As a terminal does it: everyone in the foreground gets the signal.
  for (const pid of [up.process.pid ?? 0, ...pids]) if (isAlive(pid)) process.kill(pid, 'SIGINT');
  expect(await up.exited).toMatchObject({ code: 0 });
  expect(pids.filter(isAlive)).toEqual([]);
});

/** Takes a port until the test is over. */
async function listenOn(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}
