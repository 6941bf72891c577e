import { expect, test } from 'vitest';
import { diagnoseDaemon } from '../../../core/diagnosis/daemon.ts';
import { minerKind, poolKind } from '../../../worker/components/index.ts';
import { minerMembers, poolMember } from '../../../worker/components/stack.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { readStat } from '../../../worker/host/proc.ts';
import { isDead } from '../../../worker/host/process.ts';
import { eventually, litecoinStack } from './support/litecoin-stack.ts';
import { testStack } from './support/stack.ts';
import { STRATUM_POOL } from './support/stratum-pool.ts';

const START = { reindex: false };

type Looked = { process: { state: string; pid?: number } };

/** Kills the wrapper of a component alone, and waits until what it left behind is seen in its place. */
async function killWrapper<Facts extends Looked>(observe: () => Promise<Facts>) {
  const { process: wrapper } = await observe();
  if (wrapper.pid === undefined) throw new RangeError('no wrapper runs');
  process.kill(wrapper.pid, 'SIGKILL');
  const facts = await eventually('what it left behind', async () => {
    const seen = await observe();
    return seen.process.state === 'running' && seen.process.pid !== wrapper.pid && seen;
  });
  return { facts, pid: facts.process.pid ?? 0 };
}

const isGone = (pid: number) => {
  const stat = readStat(pid);
  return stat === null || isDead(stat);
};

test('a miner whose wrapper was killed is the miner still, and ends with all that is left of it', async () => {
  const { stack, read } = await testStack({
    pool: { kind: 'process', command: ['true'] },
    miners: [
      { kind: 'process', command: ['sh', '-c', 'sleep 60 & echo $!; sleep 61 & echo $!; wait; echo end'] },
    ],
  });
  const [miner] = minerMembers(stack);
  if (!miner) throw new RangeError('a stack without a miner');
  const kind = minerKind(miner);
  await kind.start(miner, START);
  const pids = await eventually('its children', async () => {
    const found = (await read('state/miner-1.out')).split('\n').filter((line) => /^\d+$/.test(line));
    return found.length === 2 && found.map(Number);
  });
  const { pid } = await killWrapper(() => kind.observe(miner));
  expect(pids).toContain(pid);
  expect(await kind.start(miner, START)).toBe('already_running');
  await kind.stop(miner, { force: false });
  expect(pids.filter((one) => !isGone(one))).toEqual([]);
  expect((await kind.observe(miner)).process.state).toBe('down');
});

test('a start does not put a second one beside it, however short ago the wrapper died', async () => {
  const { stack } = await testStack({
    pool: { kind: 'process', command: ['sh', '-c', 'sleep 60; echo end'] },
  });
  const pool = poolMember(stack);
  const kind = poolKind(pool);
  await kind.start(pool, START);
  const { process: wrapper } = await kind.observe(pool);
  if (wrapper.state !== 'running') throw new RangeError('no wrapper runs');
  process.kill(wrapper.pid, 'SIGKILL');
  await eventually('its death', async () => isGone(wrapper.pid));
  expect(await kind.start(pool, START)).toBe('already_running');
});

test('a daemon whose wrapper was killed holds its ports itself, and is asked to stop', async () => {
  const { daemon, kind, answers } = await litecoinStack({
    daemon: { command: ['sh', '-c', 'litecoind -datadir=daemon; echo end'] },
  });
  await kind.start(daemon, START);
  await answers();
  const { facts, pid } = await killWrapper(() => kind.observe(daemon));
  expect(facts).toMatchObject({ rpcPort: { holder: 'ours' }, p2pPort: { holder: 'ours' } });
  const found = diagnoseDaemon({ ...facts, desired: 'running', knownHeight: 0, staleLocks: [] });
  expect(found?.failure ?? 'no_peers').toBe('no_peers');
  expect(await kind.stop(daemon, { force: false })).toBe(`process ${pid} stopped when asked over RPC`);
});

test('a pool that its wrapper left behind has the port, in whichever of its processes', async () => {
  const [port = 0] = await freePorts(1);
  const { stack, write } = await testStack({
    pool: {
      kind: 'process',
      stratumPort: port,
      command: ['sh', '-c', `sleep 60 & ${process.execPath} pool.cjs ${port}; echo end`],
    },
  });
  await write('pool.cjs', STRATUM_POOL);
  const pool = poolMember(stack);
  const kind = poolKind(pool);
  await kind.start(pool, START);
  await eventually('it works', async () => (await kind.observe(pool)).stratum?.kind === 'working');
  const { facts } = await killWrapper(() => kind.observe(pool));
  expect(facts).toMatchObject({ stratumPort: { holder: 'ours' }, stratum: { kind: 'working' } });
});
