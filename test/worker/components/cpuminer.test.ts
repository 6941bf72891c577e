import { chmod } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { cpuminer } from '../../../worker/components/cpuminer.ts';
import { minerMembers, type Stack } from '../../../worker/components/stack.ts';
import { testStack } from './support/stack.ts';

/** Speaks as minerd 2.5.1 does: of its options under its own name, of its work with the time. */
const MINERD = `#!/bin/sh
grep -q '"algo": "sha256d"' "$2" || { echo "$0: unknown algorithm -- 'x'" >&2; exit 1; }
echo "[2026-11-23 18:00:00] Starting Stratum on stratum+tcp://127.0.0.1:3421" >&2
echo "[2026-11-23 18:00:01] accepted: 2/3 (66.67%), 2.50 khash/s (yay!!!)" >&2
exec sleep 60
`;

const onlyMiner = (stack: Stack) => {
  const [miner] = minerMembers(stack);
  if (!miner) throw new RangeError('a stack without a miner');
  return miner;
};

const settingUp = async (spec: object = {}) => {
  const made = await testStack({
    pool: { kind: 'lab-pool', stratumPort: 3421 },
    miners: [{ kind: 'cpuminer', login: { username: 'rig', password: 'secret-x' }, ...spec }],
  });
  return { ...made, miner: onlyMiner(made.stack) };
};

test('its configuration has all that minerd needs, numbers as strings', async () => {
  const { miner, read } = await settingUp();
  expect(await cpuminer.configure(miner)).toMatchObject([{ change: 'created' }]);
  expect(JSON.parse(await read('miner-1.json'))).toEqual({
    url: 'stratum+tcp://127.0.0.1:3421',
    user: 'rig',
    pass: 'secret-x',
    algo: 'sha256d',
    'retry-pause': '1',
  });
});

test('of an existing configuration only the url is changed, when the pool has moved', async () => {
  const { miner, read, write } = await settingUp({ configFile: 'my.json' });
  const mine = '{"url" : "stratum+tcp://127.0.0.1:3333",\n "threads": "1", "algo":"scrypt"}\n';
  await write('my.json', mine);
  expect(await cpuminer.configure(miner)).toMatchObject([{ change: 'adjusted', keys: ['url'] }]);
  expect(await read('my.json')).toBe(mine.replace('3333', '3421'));
  expect(await cpuminer.configure(miner)).toMatchObject([{ change: 'unchanged' }]);
});

test('a configuration that minerd cannot read is not edited', async () => {
  const { miner, write } = await settingUp();
  await write('miner-1.json', '{ // mine\n"url": "x" }\n');
  await expect(cpuminer.configure(miner)).rejects.toMatchObject({ code: 'bad_config' });
});

test('a running miner is known by its words, a failed start by its last ones', async () => {
  const { miner, at, write } = await settingUp({ command: ['./minerd', '-c', 'miner-1.json'] });
  await write('minerd', MINERD);
  await chmod(at('minerd'), 0o755);
  expect(await cpuminer.programs(miner)).toEqual([{ name: './minerd', path: at('minerd'), packages: [] }]);
  await cpuminer.configure(miner);
  expect(await cpuminer.start(miner, { reindex: false })).toBe('started');
  await expect
    .poll(async () => await cpuminer.observe(miner), { timeout: 5_000 })
    .toMatchObject({
      process: { state: 'running' },
      connection: 'working',
      acceptedShares: 2,
      rejectedShares: 1,
      hashrate: 2500,
      pointsAtPort: 3421,
      poolPort: 3421,
    });
  await cpuminer.stop(miner, { force: false });
  expect(await cpuminer.observe(miner)).toMatchObject({ process: { state: 'down' }, startFailure: null });
  await write('miner-1.json', '{"algo": "x"}');
  await cpuminer.start(miner, { reindex: false });
  await expect
    .poll(async () => (await cpuminer.observe(miner)).startFailure?.cause, { timeout: 5_000 })
    .toBe('bad_config');
});
