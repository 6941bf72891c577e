import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { diagnosePool } from '../../../core/diagnosis/pool.ts';
import { daemonKind, minerKind, poolKind } from '../../../worker/components/index.ts';
import { labCommand } from '../../../worker/components/lab.ts';
import { daemonMember, minerMembers, poolMember } from '../../../worker/components/stack.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { byHand, eventually, isAlive, litecoinStack } from './support/litecoin-stack.ts';
import { testStack } from './support/stack.ts';

const START = { reindex: false };
const GENTLY = { force: false };

test('a litecoind that somebody else started in the data directory is the daemon', async () => {
  const { at, daemon, kind, answers } = await litecoinStack();
  const child = byHand('litecoind', [`-datadir=${at('daemon')}`, '-printtoconsole=0']);
  expect(await answers()).toMatchObject({
    process: { state: 'running', pid: child.pid },
    rpcPort: { holder: 'ours' },
    p2pPort: { holder: 'ours' },
  });
  expect(await kind.start(daemon, START)).toBe('already_running');
  expect(await kind.stop(daemon, GENTLY)).toBe(`process ${child.pid} stopped when asked over RPC`);
  await eventually('its exit', async () => !isAlive(child));
  expect(child.exitCode).toBe(0);
});

test('one that is frozen is killed, once its lock is seen again', async () => {
  const { at, daemon, kind, answers } = await litecoinStack();
  const child = byHand('litecoind', [`-datadir=${at('daemon')}`, '-printtoconsole=0']);
  await answers();
  process.kill(child.pid, 'SIGSTOP');
  await eventually('it is frozen', async () => (await kind.observe(daemon)).process.state === 'frozen');
  expect(await kind.stop(daemon, { force: true })).toBe(`process ${child.pid} was killed`);
});

test('one whose lock file somebody deleted is known by the locks of its databases', async () => {
  const { at, answers } = await litecoinStack();
  await mkdir(at('daemon/regtest'), { recursive: true });
  const child = byHand('litecoind', [`-datadir=${at('daemon')}`, '-printtoconsole=0']);
  await eventually(
    'it works',
    async () =>
      await lstat(at('daemon/regtest/chainstate/CURRENT')).then(
        () => true,
        () => false,
      ),
  );
  await rm(at('daemon/regtest/.lock'));
  expect(await answers()).toMatchObject({ process: { pid: child.pid } });
});

test('a miner that was taken over is heard where its words go', async () => {
  const script = 'echo "[2026-11-23 18:00:01] accepted: 2/3 (66.67%), 2.50 khash/s (yay!!!)"; read end';
  const { stack, at, write } = await testStack({
    pool: { kind: 'process', command: ['true'] },
    miners: [{ kind: 'process', command: ['sh', '-c', script] }],
  });
  await write('words', '');
  const words = await open(at('words'), 'a');
  onTestFinished(() => words.close());
  const child = byHand('sh', ['-c', script], { cwd: at('.'), stdio: ['pipe', words.fd, words.fd] });
  const [miner] = minerMembers(stack);
  if (!miner) throw new RangeError('a stack without a miner');
  await eventually('it is heard', async () => {
    const { process, acceptedShares } = await minerKind(miner).observe(miner);
    return process.state === 'running' && process.pid === child.pid && acceptedShares === 2;
  });
});

test('one that works in another data directory is a stranger on the port, and is never signalled', async () => {
  const { at, rpcPort, p2pPort, daemon, kind } = await litecoinStack();
  await mkdir(at('other'));
  const child = byHand('litecoind', [
    '-regtest',
    '-dnsseed=0',
    `-datadir=${at('other')}`,
    `-rpcport=${rpcPort}`,
    `-port=${p2pPort}`,
    '-printtoconsole=0',
  ]);
  const facts = await eventually('it holds the port', async () => {
    const seen = await kind.observe(daemon);
    return seen.rpcPort.holder === 'foreign' && seen;
  });
  expect(facts.process).toMatchObject({ state: 'down', exit: null });
  expect(await kind.stop(daemon, { force: true })).toBe('it was not running');
  expect(isAlive(child)).toBe(true);
});

test('one that no longer holds the lock gets no signal', async () => {
  const { at, daemon, kind, answers } = await litecoinStack();
  const child = byHand('litecoind', [`-datadir=${at('daemon')}`, '-printtoconsole=0']);
  await answers();
  await rename(at('daemon'), at('elsewhere'));
  expect(await kind.stop(daemon, { force: true })).toContain('not proven to be daemon any more');
  expect(isAlive(child)).toBe(true);
});

const OPERATORS_POOL = `
require('node:net').createServer(() => {}).listen(Number(process.argv[2]), '127.0.0.1');
`;

async function processPool() {
  const [port = 0] = await freePorts(1);
  const command = [process.execPath, 'pool.cjs', String(port)];
  const made = await testStack({ pool: { kind: 'process', command, stratumPort: port } });
  await made.write('pool.cjs', OPERATORS_POOL);
  const pool = poolMember(made.stack);
  return { ...made, port, command, pool, kind: poolKind(pool) };
}

test('a pool is known by its exact command, its folder and its port', async () => {
  const { stack, port, pool, kind } = await processPool();
  const child = byHand(process.execPath, ['pool.cjs', String(port)], { cwd: stack.directory });
  const facts = await eventually('it is taken over', async () => {
    const seen = await kind.observe(pool);
    return seen.process.state === 'running' && seen;
  });
  expect(facts).toMatchObject({ process: { pid: child.pid }, stratumPort: { holder: 'ours' } });
  expect(await kind.start(pool, START)).toBe('already_running');
  expect(await kind.stop(pool, GENTLY)).toBe(`process ${child.pid} was terminated`);
});

test('a script that names its interpreter is known as what the kernel made of it', async () => {
  const [port = 0] = await freePorts(1);
  const { stack, at, write } = await testStack({
    pool: { kind: 'process', command: ['./pool.js', String(port)], stratumPort: port },
  });
  await write('package.json', '{ "type": "commonjs" }');
  await write('pool.js', `#!/usr/bin/env node\n${OPERATORS_POOL}`);
  const pool = poolMember(stack);
  const child = byHand('sh', ['-c', `chmod +x pool.js && exec ./pool.js ${port}`], {
    cwd: at('.'),
  });
  await eventually('it is taken over', async () => {
    const { process } = await poolKind(pool).observe(pool);
    return process.state === 'running' && process.pid === child.pid;
  });
});

test.each([
  ['with another argument', (port: number) => ['pool.cjs', String(port), '--verbose'], '.'],
  ['from another folder', (port: number) => ['../pool.cjs', String(port)], 'state'],
])('the same program %s is a conflict, and is never signalled', async (_, args, folder) => {
  const { at, port, pool, kind } = await processPool();
  await mkdir(at('state'), { recursive: true });
  const child = byHand(process.execPath, args(port), { cwd: at(folder) });
  await eventually(
    'it has the port',
    async () => (await kind.observe(pool)).stratumPort.holder === 'foreign',
  );
  expect((await kind.observe(pool)).process.state).toBe('down');
  expect(await kind.stop(pool, { force: true })).toBe('it was not running');
  expect(isAlive(child)).toBe(true);
});

test('the lab pool is known by the command that it would be started with', async () => {
  const [port = 0] = await freePorts(1);
  const { stack, at, write, read } = await testStack({ pool: { kind: 'lab-pool', stratumPort: port } });
  const pool = poolMember(stack);
  const kind = poolKind(pool);
  await kind.configure(pool);
  await kind.setPayoutAddress(pool, async () => 'mxVFsFW5N4mu1HPkxPttorvocvzeZ7KZyk');
  await write('state/pool.out', '=== davylamp starts pool at then\npool.json is not valid JSON\n');
  const [node = '', ...args] = labCommand('pool', '--config', at('pool.json'));
  // Its daemon is not there: that is told by its own words, and does not make it another's.
  const child = byHand(node, args, { cwd: stack.directory });
  await eventually('it is taken over', async () => {
    const { process } = await kind.observe(pool);
    return process.state === 'running' && process.pid === child.pid;
  });
  expect(await kind.start(pool, START)).toBe('already_running');
  process.kill(child.pid, 'SIGKILL');
  await eventually('it is gone', async () => (await kind.observe(pool)).process.state === 'down');
  // What it said in an earlier life is no reason for this death.
  expect((await kind.observe(pool)).startFailure).toBeNull();
  expect(await read('state/pool.out')).toContain('davylamp adopts');
});

test('of two that are alike none is taken, none is started beside them, and a person is told', async () => {
  const { stack, write } = await testStack({
    pool: { kind: 'process', command: ['sleep', '61'], configFile: '61' },
    miners: [{ kind: 'process', command: ['sleep', '60'] }],
  });
  await write('61', '');
  const cwd = stack.directory;
  const pools = [byHand('sleep', ['61'], { cwd }), byHand('sleep', ['61'], { cwd })];
  const miners = [byHand('sleep', ['60'], { cwd }), byHand('sleep', ['60'], { cwd })];
  const pool = poolMember(stack);
  const [miner] = minerMembers(stack);
  if (!miner) throw new RangeError('a stack without a miner');
  const facts = await poolKind(pool).observe(pool);
  expect(facts.process).toMatchObject({
    state: 'down',
    alike: pools.map(({ pid }) => pid).sort((one, other) => one - other),
  });
  const [daemon, desired] = [daemonMember(stack), 'running' as const];
  const daemonFacts = {
    ...(await daemonKind(daemon).observe(daemon)),
    desired,
    knownHeight: 0,
    staleLocks: [],
  };
  expect(diagnosePool({ ...facts, desired, staleLocks: [] }, daemonFacts)).toMatchObject({
    failure: 'unknown',
    evidence: [expect.stringContaining('both look like it')],
  });
  await expect(minerKind(miner).start(miner, START)).rejects.toMatchObject({ code: 'unsafe' });
  expect(await minerKind(miner).stop(miner, { force: true })).toContain('none of them is stopped');
  expect([...pools, ...miners].every(isAlive)).toBe(true);
});

test('a stranger on the Stratum port stays a conflict', async () => {
  const { port, pool, kind } = await processPool();
  const server = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void server.close());
  expect(await kind.observe(pool)).toMatchObject({
    process: { state: 'down' },
    stratumPort: { holder: 'foreign' },
  });
});
