import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freePort, type LitecoinPair, startLitecoinPair } from '../support/litecoin.ts';
import { nowhere, poolConfig } from './support/config.ts';
import { eventually, type PoolProcess, startPoolProcess, temporaryDirectory } from './support/processes.ts';
import { connectRaw, connectWorking } from './support/stratum.ts';

let dir: Awaited<ReturnType<typeof temporaryDirectory>>;
let litecoin: LitecoinPair;
let pools: PoolProcess[] = [];
let squatter: Server | undefined;

beforeAll(async () => {
  dir = await temporaryDirectory();
  litecoin = await startLitecoinPair({ dir: dir.path });
});

afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.stop()));
  pools = [];
  squatter?.close();
});

afterAll(async () => {
  await litecoin?.stop();
  await dir?.remove();
});

async function start(config: Awaited<ReturnType<typeof poolConfig>>): Promise<PoolProcess> {
  const home = await temporaryDirectory();
  const pool = await startPoolProcess(home.path, config);
  pools.push(pool);
  pool.ended.then(home.remove);
  return pool;
}

const logged = (pool: PoolProcess, text: string | RegExp) =>
  eventually(`${text} in the log`, () => pool.log().match(text));

test('a taken port: it says that it listens, does not, and lives on', async () => {
  const port = await freePort();
  const taken = createServer((socket) => socket.end('not a pool\n')).listen(port, '127.0.0.1');
  squatter = taken;
  await eventually('the port taken', () => taken.listening);
  const pool = await start(await poolConfig(litecoin, { port }));
  await logged(pool, 'Connected to daemon');
  const fatal = `[Fatal] StratumServer can not bind on 127.0.0.1:${port}: `;
  const claim = `Stratum server listening on 127.0.0.1:${port}\n`;
  expect(pool.log()).toContain(fatal);
  expect(pool.log().indexOf(claim)).toBeGreaterThan(pool.log().indexOf(fatal));
  await new Promise((resolve) => taken.close(resolve));
  const free = createServer().listen(port, '127.0.0.1');
  squatter = free;
  await eventually('the port free for others', () => free.listening);
  expect(pool.child.exitCode).toBeNull();
});

test('no daemon: it listens, says so and takes logins', async () => {
  const absent = await nowhere();
  const pool = await start(await poolConfig({ ...absent, address: litecoin.address }));
  await logged(pool, 'Stratum server listening on');
  await logged(pool, /Cannot connect to daemon: .*ECONNREFUSED/);
  const miner = await connectRaw(pool.port);
  await miner.request('mining.subscribe');
  expect((await miner.request('mining.authorize', ['w', 'x'])).result).toBe(true);
  expect((await miner.request('mining.get_transactions')).error?.[0]).toBe(21);
  expect(pool.log()).not.toContain(absent.password);
  miner.close();
});

test('wrong credentials and a bad address are told, not fatal', async () => {
  const unknown = await start(await poolConfig({ ...litecoin, password: 'not-for-the-log' }));
  await logged(unknown, /Cannot connect to daemon: HTTP 401, wrong RPC username or password/);
  expect(unknown.log()).not.toContain('not-for-the-log');
  const lost = await start(await poolConfig({ ...litecoin, address: 'nobody' }));
  await logged(lost, 'Wallet address nobody is not valid');
});

test('the cookie is read when it is needed', async () => {
  const config = await poolConfig(litecoin);
  const cookieFile = `${dir.path}/cookie`;
  const pool = await start({ ...config, daemon: { ...config.daemon, cookieFile } as typeof config.daemon });
  await logged(pool, /Cannot connect to daemon: no cookie/);
  await writeFile(cookieFile, `${litecoin.username}:${litecoin.password}\n`);
  await logged(pool, 'Connected to daemon');
});

test('a refusal of the daemon is logged with its text and code', async () => {
  const config = await poolConfig(litecoin);
  const pool = await start({ ...config, algorithm: 'sha256d' });
  await logged(pool, /Daemon refused getblocktemplate: .*mweb.*\(-8\)/);
});

test('a lost daemon leaves the sessions their work; when it is back they get new work', async () => {
  const pool = await start(await poolConfig(litecoin));
  const { miner } = await connectWorking(pool.port);
  await litecoin.kill();
  await logged(pool, 'Cannot connect to daemon');
  expect((await miner.request('mining.get_transactions')).error).toBeNull();
  await litecoin.restart();
  await eventually('it is connected again', () => pool.log().match(/Connected to daemon/g)?.length === 2);
  const jobs = () => miner.lines.filter(({ method }) => method === 'mining.notify');
  await eventually('a job from the new daemon', () => jobs().length >= 2);
  expect(miner.isClosed()).toBe(false);
  miner.close();
});

test('a daemon without peers is not ready; the pool waits for it', async () => {
  await litecoin.rpc('setnetworkactive', [false]);
  await eventually('no peers', async () => (await litecoin.rpc('getconnectioncount')) === 0);
  const pool = await start(await poolConfig(litecoin));
  await logged(pool, /Daemon is not ready: .*is not connected!.* \(-9\)/);
  await litecoin.rpc('setnetworkactive', [true]);
  await litecoin.rpc('addnode', [`127.0.0.1:${litecoin.p2pPort}`, 'onetry']);
  await logged(pool, 'Connected to daemon');
});

test('a frozen daemon is told within its timeout', async () => {
  const pool = await start(await poolConfig(litecoin));
  await logged(pool, 'Connected to daemon');
  process.kill(litecoin.pid, 'SIGSTOP');
  try {
    await logged(pool, 'Cannot connect to daemon: no answer within 1000 ms');
  } finally {
    process.kill(litecoin.pid, 'SIGCONT');
  }
  await eventually('it is connected again', () => pool.log().match(/Connected to daemon/g)?.length === 2);
});

test('work is sent again after rebroadcastMs, without asking for a restart', async () => {
  const config = await poolConfig(litecoin);
  const pool = await start({ ...config, job: { ...config.job, rebroadcastMs: 200 } });
  const { miner, job } = await connectWorking(pool.port);
  const again = await eventually('a second job', () =>
    miner.lines.find(({ params }) => params?.[8] === false),
  );
  expect(again.params?.[1]).toBe(job[1]);
  expect(again.params?.[0]).not.toBe(job[0]);
  miner.close();
});

test('a session without a login is closed after handshakeMs', async () => {
  const pool = await start(await poolConfig(litecoin, { handshakeMs: 300 }));
  const miner = await connectRaw(pool.port);
  await miner.request('mining.subscribe');
  await eventually('the session closed', miner.isClosed);
  expect(pool.log()).toContain('closed: no login');
});

test('a silent session is closed after idleMs', async () => {
  const pool = await start(await poolConfig(litecoin, { idleMs: 300 }));
  const { miner } = await connectWorking(pool.port);
  await eventually('the session closed', miner.isClosed);
  expect(pool.log()).toContain('closed: idle');
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0, and its sessions with it', async (signal) => {
  const pool = await start(await poolConfig(litecoin));
  const { miner } = await connectWorking(pool.port);
  pool.child.kill(signal);
  expect(await pool.ended).toBe(0);
  await eventually('the session closed', miner.isClosed);
});
