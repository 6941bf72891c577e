import { expect, test } from 'vitest';
import { minerKind, poolKind } from '../../../worker/components/index.ts';
import { minerMembers, poolMember } from '../../../worker/components/stack.ts';
import { freePort } from '../../support/litecoin.ts';
import { testStack } from './support/stack.ts';
import { STRATUM_POOL } from './support/stratum-pool.ts';

test('any pool with a command is started and asked in Stratum', async () => {
  const port = await freePort();
  const command = [process.execPath, 'pool.cjs', String(port)];
  const { stack, write } = await testStack({ pool: { kind: 'process', command, stratumPort: port } });
  await write('pool.cjs', STRATUM_POOL);
  const pool = poolMember(stack);
  const kind = poolKind(pool);
  expect(await kind.programs(pool)).toMatchObject([{ name: process.execPath, path: process.execPath }]);
  expect(await kind.configure(pool)).toEqual([]);
  expect(await kind.setPayoutAddress(pool, async () => 'x')).toMatchObject({ change: 'unchanged' });
  expect(await kind.start(pool, { reindex: false })).toBe('started');
  await expect
    .poll(async () => await kind.observe(pool), { timeout: 10_000 })
    .toMatchObject({
      stratum: { kind: 'working', previousBlockHash: '00'.repeat(32) },
      stratumPort: { port, holder: 'ours' },
      daemonCredentialsAccepted: null,
    });
  expect(await kind.stop(pool, { force: false })).toContain('terminated');
  expect(await kind.observe(pool)).toMatchObject({ process: { state: 'down' }, startFailure: null });
});

test('its configuration belongs to its owner', async () => {
  const { stack } = await testStack({ pool: { kind: 'process', command: ['true'] } });
  const pool = poolMember(stack);
  await expect(poolKind(pool).movePort(pool, 13_333)).rejects.toMatchObject({ code: 'unsupported' });
  await expect(poolKind(pool).alignCredentials(pool)).rejects.toMatchObject({ code: 'unsupported' });
});

test('without a command there is nothing to start', async () => {
  const { stack } = await testStack({ pool: { kind: 'process' }, miners: [{ kind: 'process' }] });
  const pool = poolMember(stack);
  await expect(poolKind(pool).programs(pool)).rejects.toThrow('pool of kind "process" has no command');
  const [miner] = minerMembers(stack);
  if (!miner) throw new RangeError('a stack without a miner');
  await expect(minerKind(miner).start(miner, { reindex: false })).rejects.toMatchObject({
    code: 'bad_config',
  });
});

test('a miner that is silent where we listen is known by its declared log', async () => {
  const { stack, write } = await testStack({
    pool: { kind: 'process', command: ['true'] },
    miners: [{ kind: 'process', command: ['sleep', '60'], logFiles: ['miner.log'] }],
  });
  const [miner] = minerMembers(stack);
  if (!miner) throw new RangeError('a stack without a miner');
  const kind = minerKind(miner);
  await kind.start(miner, { reindex: false });
  expect(await kind.observe(miner)).toMatchObject({
    process: { state: 'running' },
    connection: 'unknown',
    pointsAtPort: null,
    hashrate: null,
  });
  await write('miner.log', '[2026-11-23 18:00:00] accepted: 4/4 (100.00%), 1.00 khash/s (yay!!!)\n');
  expect(await kind.observe(miner)).toMatchObject({
    connection: 'working',
    acceptedShares: 4,
    hashrate: 1000,
  });
});
