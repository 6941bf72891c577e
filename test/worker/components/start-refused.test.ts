import { chmod, copyFile, open } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { diagnoseDaemon } from '../../../core/diagnosis/daemon.ts';
import { diagnose } from '../../../core/diagnosis.ts';
import { DEFAULT_SETTINGS } from '../../../core/settings.ts';
import { planFor } from '../../../core/strategies/index.ts';
import { minerKind, poolKind } from '../../../worker/components/index.ts';
import { minerMembers, poolMember } from '../../../worker/components/stack.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { eventually, litecoinStack } from './support/litecoin-stack.ts';
import { testStack } from './support/stack.ts';

const START = { reindex: false };
const known = { desired: 'running', knownHeight: 0, staleLocks: [] } as const;
const MISSING = 'error while loading shared libraries: libdb_cxx-5.3.so: cannot open shared object file';

/** A daemon that is started as `sh daemon.sh`, or as what `daemon` says, and what is wrong with it once it ended. */
async function daemonOf(script: string, daemon: object = { command: ['sh', 'daemon.sh'] }) {
  const made = await litecoinStack({ daemon });
  await made.write('daemon.sh', script);
  const finding = async () => {
    const facts = { ...(await made.kind.observe(made.daemon)), ...known };
    return diagnoseDaemon(facts);
  };
  const start = () => made.kind.start(made.daemon, START);
  return { ...made, start, finding };
}

test.each([
  ['is not executable', './daemon.sh', /it is not executable by this user \(EACCES\)/],
  ['is not there', './no-daemon', /no such command \(ENOENT\)/],
])('a program that %s is told at once, by this worker and the next', async (_, command, why) => {
  const { stack, at, write, start, finding } = await daemonOf('sleep 60\n', { command: [command] });
  await expect(start()).rejects.toThrow(why);
  const found = await finding();
  expect(found).toMatchObject({
    failure: 'missing_dependencies',
    evidence: expect.arrayContaining([expect.stringMatching(why)]),
  });
  if (!found) throw new RangeError('nothing is wrong');
  const { environment } = stack;
  const situation = { diagnosis: found, observation: stackWith(), environment, crashes: 0 };
  expect(planFor({ ...situation, settings: DEFAULT_SETTINGS }).plan).toMatchObject({
    kind: 'hopeless',
    escalation: { detail: expect.stringContaining('Or correct the command in davy.json') },
  });
  await write(command, '#!/bin/sh\nsleep 60\n');
  await chmod(at(command), 0o755);
  expect(await finding()).toMatchObject({ failure: 'process_down' });
});

describe('a daemon that ends at its start', () => {
  test.each([
    ['lacks a library', `echo "litecoind: ${MISSING}" >&2; exit 127`, 'missing_dependencies', MISSING],
    ['is not found by its wrapper', 'exec no-such-litecoind', 'missing_dependencies', 'no-such-litecoind'],
    [
      'may not open its database',
      'echo "IO error: /d/chainstate/LOCK: Permission denied"; echo "Error: Error opening block database. Do you want to rebuild it?"; exit 1',
      'bad_config',
      'LOCK: Permission denied',
    ],
    [
      'may not open its database, and tells why in its log alone',
      'log=daemon/regtest/debug.log; mkdir -p daemon/regtest; now=$(date -u +%Y-%m-%dT%H:%M:%SZ); echo "$now Litecoin Core version v0.21" >>$log; echo "$now IO error: /d/chainstate/LOCK: Permission denied" >>$log; echo ": Error opening block database." >&2; exit 1',
      'bad_config',
      'LOCK: Permission denied',
    ],
    [
      'has a block from the future',
      'echo "Error: The block database contains a block which appears to be from the future. This may be due to your computer\'s date and time"; exit 1',
      'bad_config',
      'from the future',
    ],
    [
      'has a damaged wallet',
      'echo "Error: Error loading /w/wallet.dat: Wallet corrupted"; exit 1',
      'bad_config',
      'Wallet corrupted',
    ],
    [
      'cannot replay',
      'echo "Error: Unable to replay blocks. You will need to rebuild the database using -reindex-chainstate."; exit 1',
      'data_corrupt',
      'replay',
    ],
    [
      'was pruned',
      'echo "Error: You need to rebuild the database using -reindex to go back to unpruned mode."; exit 1',
      'bad_config',
      'unpruned',
    ],
    ['says what nobody knows', 'echo "Error: The moon is full."; exit 1', 'process_down', 'The moon is full'],
  ])('because it %s', async (_, script, failure, evidence) => {
    const { start, ends, finding } = await daemonOf(`${script}\n`);
    await start();
    await ends();
    expect(await finding()).toMatchObject({
      failure,
      evidence: expect.arrayContaining([expect.stringContaining(evidence)]),
    });
  });

  test('because a setting of its chain stands above the section of it', async () => {
    const { read, write, start, ends, finding } = await daemonOf('', {});
    const conf = await read('daemon/litecoin.conf');
    const [port = ''] = /^rpcport=.*$/m.exec(conf) ?? [];
    await write('daemon/litecoin.conf', `${port}\n${conf.replace(`${port}\n`, '')}`);
    await start();
    await ends();
    expect(await finding()).toMatchObject({
      failure: 'bad_config',
      evidence: expect.arrayContaining([expect.stringContaining('only applied on regtest')]),
    });
  });
});

const AARCH64 = Buffer.from([0xb7, 0]);
const MACHINE_OFFSET = 18;

test('a miner of another architecture is not a miner with a bad configuration', async () => {
  const { stack, at } = await testStack({
    pool: { kind: 'process', command: ['true'] },
    miners: [{ kind: 'cpuminer', command: ['./minerd'] }],
  });
  await copyFile('/bin/true', at('minerd'));
  await chmod(at('minerd'), 0o755);
  const file = await open(at('minerd'), 'r+');
  await file.write(AARCH64, 0, AARCH64.length, MACHINE_OFFSET);
  await file.close();
  const [miner] = minerMembers(stack);
  if (!miner) throw new RangeError('a stack without a miner');
  await minerKind(miner).start(miner, START);
  const facts = await eventually('it ends', async () => {
    const seen = await minerKind(miner).observe(miner);
    return seen.process.state === 'down' && seen.process.exit !== null && seen;
  });
  expect(diagnose(stackWith({ miner: { ...facts, desired: 'running' } }))).toMatchObject([
    { component: 'miner-1', failure: 'missing_dependencies' },
  ]);
});

test('a pool whose program is missing says so', async () => {
  const { stack } = await testStack({ pool: { kind: 'process', command: ['no-such-pool'] } });
  const pool = poolMember(stack);
  await expect(poolKind(pool).start(pool, START)).rejects.toThrow('no such command');
  expect(await poolKind(pool).observe(pool)).toMatchObject({
    startFailure: { cause: 'missing_dependencies', line: expect.stringContaining('no-such-pool') },
  });
});
