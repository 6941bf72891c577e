import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type LitecoinPair, startLitecoinPair } from '../support/litecoin.ts';
import { poolConfig } from './support/config.ts';
import {
  eventually,
  type LabProcess,
  type PoolProcess,
  startLab,
  startPoolProcess,
  temporaryDirectory,
} from './support/processes.ts';

const MWEB_HEIGHT = 432;

let dir: Awaited<ReturnType<typeof temporaryDirectory>>;
let litecoin: LitecoinPair;
let running: LabProcess[] = [];

beforeAll(async () => {
  dir = await temporaryDirectory();
  litecoin = await startLitecoinPair({ dir: dir.path, mweb: true });
});

afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
  running = [];
});

afterAll(async () => {
  await litecoin?.stop();
  await dir?.remove();
});

async function startMining(): Promise<{ pool: PoolProcess; miner: LabProcess }> {
  const pool = await startPoolProcess(dir.path, await poolConfig(litecoin));
  const argv = `-a scrypt -o stratum+tcp://127.0.0.1:${pool.port} -u rig -R 0.1`.split(' ');
  const miner = startLab('miner', argv, { LAB_MINER_PASSWORD: 'x' });
  running.push(pool, miner);
  return { pool, miner };
}

const height = async () => Number(await litecoin.rpc('getblockcount'));
const acceptedBy = (miner: LabProcess) => miner.stderr().match(/yay!!!/g)?.length ?? 0;

test('blocks are mined, survive a killed daemon and pay the wallet', async () => {
  const { pool, miner } = await startMining();
  await eventually('three blocks', async () => (await height()) >= 3);
  expect(miner.stderr()).toMatch(/\] accepted: \d+\/\d+ \(\d+\.\d\d%\), \d+\.\d\d khash\/s \(yay!!!\)/);
  await eventually('the pool says so', () => /Block accepted: height 3 hash [0-9a-f]{64}/.test(pool.log()));
  expect(pool.log()).not.toContain('Block rejected');
  const balances = (await litecoin.rpc('getbalances')) as { mine: { immature: number } };
  expect(balances.mine.immature).toBeGreaterThanOrEqual(150);

  await litecoin.kill();
  const before = acceptedBy(miner);
  await eventually('the pool misses its daemon', () => pool.log().includes('Cannot connect to daemon'));
  await litecoin.restart();
  // The height alone proves nothing: the peer gives the lost blocks back.
  const restarted = await height();
  await eventually('two more shares', () => acceptedBy(miner) >= before + 2);
  await eventually('two more blocks', async () => (await height()) >= restarted + 2);
  expect(pool.child.exitCode).toBeNull();
});

test('blocks with an extension block are mined past the activation of MWEB', async () => {
  await litecoin.rpc('generatetoaddress', [MWEB_HEIGHT - 1 - (await height()), litecoin.address]);
  const pegIn = await litecoin.rpc('getnewaddress', ['', 'mweb']);
  await litecoin.rpc('sendtoaddress', [pegIn, 1]);
  const { pool } = await startMining();
  // The tests of this file share a log; a block of the one before may have met a daemon that had lost its parent.
  const before = pool.log().length;
  await eventually('two blocks with MWEB', async () => (await height()) >= MWEB_HEIGHT + 1);
  expect(pool.log().slice(before)).not.toContain('Block rejected');
  const block = (await litecoin.rpc('getblock', [await litecoin.rpc('getbestblockhash')])) as {
    tx: string[];
  };
  expect(block.tx.length).toBeGreaterThanOrEqual(2);
});
