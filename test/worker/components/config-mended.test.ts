import { expect, test } from 'vitest';
import { labMiner } from '../../../worker/components/lab-miner.ts';
import { labPool } from '../../../worker/components/lab-pool.ts';
import { minerMembers, poolMember } from '../../../worker/components/stack.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { eventually } from './support/litecoin-stack.ts';
import { testStack } from './support/stack.ts';

const START = { reindex: false };

const settingUp = async () => {
  const [stratumPort = 0] = await freePorts(1);
  const made = await testStack({
    pool: { kind: 'lab-pool', stratumPort },
    miners: [{ kind: 'lab-miner', login: { username: 'rig', password: 'x' } }],
  });
  const pool = poolMember(made.stack);
  await labPool.configure(pool);
  return { ...made, pool };
};

interface Seen {
  process: { state: string };
  startFailure: { cause: string; line: string } | null;
}

/** Once its process has come to its end. */
const ended = <T extends Seen>(observe: () => Promise<T>) =>
  eventually('it ends', async () => {
    const facts = await observe();
    return facts.process.state === 'down' && facts;
  });

const cause = async (observe: () => Promise<Seen>) => (await observe()).startFailure?.cause ?? null;

test('what a miner said of its configuration does not outlive the mistake', async () => {
  const { stack, read, write } = await settingUp();
  const [miner] = minerMembers(stack);
  if (!miner) throw new RangeError('a stack without a miner');
  const observe = () => labMiner.observe(miner);
  await labMiner.configure(miner);
  const good = await read('miner-1.json');
  for (const bad of [good.slice(0, good.length / 2), good.replace('"rig"', '""')]) {
    await write('miner-1.json', bad);
    await labMiner.start(miner, START);
    await ended(observe);
    expect(await cause(observe)).toBe('bad_config');
    await write('miner-1.json', good);
    expect(await cause(observe)).toBeNull();
  }
});

test('nor what a pool said of its own', async () => {
  const { pool, read, write } = await settingUp();
  const observe = () => labPool.observe(pool);
  const good = await read('pool.json');
  const bad = good.replace('"difficulty":', '"difficulty": "much", "mistaken":');
  expect(bad).not.toBe(good);
  await write('pool.json', bad);
  await labPool.start(pool, START);
  await ended(observe);
  expect(await cause(observe)).toBe('bad_config');
  await write('pool.json', good);
  expect(await cause(observe)).toBeNull();
});
