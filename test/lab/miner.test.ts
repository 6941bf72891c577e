import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/litecoin.ts';
import { eventually, type LabProcess, startLab } from './support/processes.ts';

const miners = new Set<LabProcess>();
const servers = new Set<Server>();
const sockets = new Set<Socket>();

afterEach(async () => {
  await Promise.all([...miners].map((miner) => miner.stop()));
  for (const socket of sockets) socket.destroy();
  await Promise.all([...servers].map((server) => new Promise((resolve) => server.close(resolve))));
  for (const used of [miners, sockets, servers]) used.clear();
});

/** A pool of a few lines: answers what the script has for a method, and stays silent on the rest. */
async function scriptedPool(script: Record<string, (id: unknown) => object[]>): Promise<number> {
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const line of String(chunk).trim().split('\n')) {
        const { id, method } = JSON.parse(line);
        for (const answer of script[method]?.(id) ?? []) socket.write(`${JSON.stringify(answer)}\n`);
      }
    });
  });
  servers.add(listener);
  const port = await freePort();
  listener.listen(port, '127.0.0.1');
  await eventually('the scripted pool', () => listener.listening);
  return port;
}

function mine(port: number, ...more: string[]): LabProcess {
  const argv = `-a scrypt -o stratum+tcp://127.0.0.1:${port} -u rig -p x -R 0.1`.split(' ');
  const miner = startLab('miner', [...argv, ...more]);
  miners.add(miner);
  return miner;
}

const said = (process: LabProcess, text: RegExp) =>
  eventually(`${text} on standard error`, () => process.stderr().match(text));

const subscribed = (id: unknown) => [{ id, result: [[], '00000001', 4], error: null }];
const welcomed = (id: unknown) => [{ id, result: true, error: null }];
const job = ['j1', '00'.repeat(32), '01', '02', [], '20000000', '207fffff', '5f000000', true];
const working = {
  'mining.subscribe': subscribed,
  'mining.authorize': (id: unknown) => [
    ...welcomed(id),
    { id: null, method: 'mining.set_difficulty', params: [0.0005] },
    { id: null, method: 'mining.notify', params: job },
  ],
};

test('no pool: it says so, again and again', async () => {
  const process = mine(await freePort());
  await said(
    process,
    /Stratum connection failed: Failed to connect to 127\.0\.0\.1 port \d+: Connection refused/,
  );
  await said(process, /retry after 0\.1 seconds[\s\S]*retry after 0\.1 seconds/);
});

test('a refused login is told and tried again', async () => {
  const refuse = (id: unknown) => [{ id, result: false, error: [24, 'Unauthorized worker', null] }];
  const process = mine(await scriptedPool({ 'mining.subscribe': subscribed, 'mining.authorize': refuse }));
  await said(process, /Stratum authentication failed[\s\S]*retry after[\s\S]*Stratum authentication failed/);
});

test('a refused share is told with its reason', async () => {
  const refuse = (id: unknown) => [{ id, result: null, error: [23, 'Low difficulty share', null] }];
  const process = mine(await scriptedPool({ ...working, 'mining.submit': refuse }));
  await said(process, /accepted: 0\/1 \(0\.00%\), \d\.\d\d khash\/s \(booooo\)/);
  await said(process, /DEBUG: reject reason: Low difficulty share/);
});

test('a pool that falls silent is left after the timeout', async () => {
  const process = mine(await scriptedPool(working), '-T', '0.5');
  await said(process, /New job "j1"/);
  await said(process, /Stratum connection timed out[\s\S]*Stratum connection interrupted[\s\S]*New job "j1"/);
});

test.each([
  ['broken JSON', '{"id": \n'],
  ['an endless line', 'x'.repeat(5 * 1024 * 1024)],
])('%s ends the session, and another one begins', async (_, text) => {
  const process = mine(await scriptedPool(working));
  await said(process, /New job/);
  for (const socket of sockets) socket.write(text);
  await said(process, /Stratum connection interrupted[\s\S]*New job/);
});

test('nonsense that is JSON is ignored', async () => {
  const process = mine(await scriptedPool({ ...working, 'mining.submit': welcomed }));
  await said(process, /New job/);
  const nonsense = [[], {}, { method: 'mining.notify', params: [1] }, { id: 77, result: true }];
  for (const socket of sockets) for (const each of nonsense) socket.write(`${JSON.stringify(each)}\n`);
  await said(process, /Stratum notify: invalid parameters/);
  await said(process, /accepted: 1\/1 \(100\.00%\)/);
});

test('a pool that speaks is not left', async () => {
  const speaking = mine(await scriptedPool(working), '-T', '2');
  await said(speaking, /New job/);
  const line = `${JSON.stringify({ id: null, method: 'mining.set_difficulty', params: [0.0005] })}\n`;
  const listeners = [...sockets];
  const speech = setInterval(() => {
    for (const socket of listeners) socket.write(line);
  }, 50);
  onTestFinished(() => clearInterval(speech));
  // The same patience with a pool that is silent: once it is over there, it would be over here.
  await said(mine(await scriptedPool(working), '-T', '2'), /Stratum connection timed out/);
  expect(speaking.stderr()).not.toContain('timed out');
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0', async (signal) => {
  const process = mine(await scriptedPool(working));
  await said(process, /New job/);
  process.child.kill(signal);
  expect(await process.ended).toBe(0);
  expect(process.stderr()).toContain(`${signal} received, exiting`);
});

test('a job whose shares are out of reach: its pace is told all the same, as minerd does', async () => {
  const port = await scriptedPool({
    ...working,
    'mining.authorize': (id: unknown) => [
      ...welcomed(id),
      { id: null, method: 'mining.set_difficulty', params: [1e6] },
      { id: null, method: 'mining.notify', params: job },
    ],
  });
  await said(mine(port), /thread 0: \d+ hashes, [\d.]+ khash\/s/);
});
