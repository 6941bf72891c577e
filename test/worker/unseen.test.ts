import { mkdir, rm, symlink } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ruledOut } from '../../core/diagnosis/differential.ts';
import { diagnose, unseenAtRest } from '../../core/diagnosis.ts';
import type { Observation } from '../../core/observation.ts';
import { daemonKind } from '../../worker/components/index.ts';
import { daemonMember } from '../../worker/components/stack.ts';
import { testStack } from './components/support/stack.ts';
import { lookAt } from './support/look-at.ts';

const sleeper = { kind: 'process', command: ['sleep', '60'] };
const died = { command: ['sh', '-c', 'exit 1'], rpcPort: 18_497, p2pPort: 18_496 };

const found = (observation: Observation) =>
  Object.fromEntries(diagnose(observation).map(({ component, failure }) => [component, failure]));
const evidenceOf = (observation: Observation, component: string) =>
  diagnose(observation)
    .find((one) => one.component === component)
    ?.evidence.join('; ');

test('a password that the worker was not given is the failure of the pool, and the rest is seen', async () => {
  const made = await testStack({
    pool: { ...sleeper, login: { username: 'rig', password: { env: 'DAVY_TEST_UNSET' } } },
    miners: [sleeper],
  });
  const seen = await lookAt(made);
  expect(found(seen)).toEqual({ daemon: 'process_down', pool: 'bad_config', 'miner-1': 'process_down' });
  expect(evidenceOf(seen, 'pool')).toBe(
    'it cannot be looked at: pool.login.password: the environment variable DAVY_TEST_UNSET is not set for the worker. ' +
      'Set DAVY_TEST_UNSET where the worker is started.',
  );
  const [daemon, pool] = diagnose(seen);
  expect(daemon && ruledOut(daemon, seen)).not.toEqual([]);
  // Of what could not be seen, nothing can be said.
  expect(pool && ruledOut(pool, seen).filter(({ component }) => component === 'pool')).toEqual([]);
});

test("a configuration of the daemon's that is a folder is the daemon's failure, and not the pool's", async () => {
  const made = await testStack({ pool: { kind: 'lab-pool', stratumPort: 3422 }, miners: [sleeper] });
  await made.write('pool.json', '{"daemon": {"username": "u", "password": "p"}, "stratum": {"port": 3422}}');
  await rm(made.at('daemon/bitcoin.conf'));
  await mkdir(made.at('daemon/bitcoin.conf'));
  const seen = await lookAt(made);
  expect(found(seen)).toEqual({ daemon: 'bad_config', pool: 'process_down', 'miner-1': 'process_down' });
  expect(evidenceOf(seen, 'daemon')).toMatch(/bitcoin\.conf cannot be read \(EISDIR\)/);
});

test.each([
  ['a folder', null, /pool\.json cannot be read \(EISDIR\)/],
  ['a port that there is not', '{"stratum": {"port": 333333}}', /pool\.json says port 333333/],
])("a pool's configuration with %s is the failure of the pool that it ended for", async (_, text, words) => {
  const made = await testStack({ pool: { kind: 'lab-pool', stratumPort: 3423 }, miners: [sleeper] });
  if (text === null) await mkdir(made.at('pool.json'));
  else await made.write('pool.json', text);
  const seen = await lookAt(made);
  expect(found(seen)).toEqual({ daemon: 'process_down', pool: 'bad_config', 'miner-1': 'process_down' });
  expect(evidenceOf(seen, 'pool')).toMatch(words);
});

test("a port in the daemon's configuration that there is not is the daemon's failure", async () => {
  const made = await testStack({ pool: sleeper, miners: [sleeper] });
  await made.write('daemon/bitcoin.conf', 'regtest=1\n[regtest]\nrpcport=184430\n');
  const seen = await lookAt(made);
  expect(found(seen)).toEqual({ daemon: 'bad_config', pool: 'process_down', 'miner-1': 'process_down' });
  expect(evidenceOf(seen, 'daemon')).toMatch(/bitcoin\.conf says port 184430/);
});

test('a kind that nobody knows is the failure of the component that has it', async () => {
  const made = await testStack({ pool: sleeper, miners: [sleeper] });
  const { environment } = made.stack;
  const miners = environment.miners.map((spec) => ({ ...spec, kind: 'gpu' }));
  const stack = { ...made.stack, environment: { ...environment, miners } };
  expect(found(await lookAt({ ...made, stack }))).toMatchObject({
    pool: 'process_down',
    'miner-1': 'bad_config',
  });
});

test('a daemon whose log is a link to /dev/null is looked at without it', async () => {
  const made = await testStack({ pool: sleeper, daemon: { dataDir: 'daemon', ...died } });
  await mkdir(made.at('daemon/regtest'));
  await symlink('/dev/null', made.at('daemon/regtest/debug.log'));
  const daemon = daemonMember(made.stack);
  await daemonKind(daemon).start(daemon, { reindex: false });
  await expect
    .poll(async () => (await lookAt(made)).daemons[0]?.process)
    .toMatchObject({ state: 'down', exit: { exitCode: 1 } });
  expect(found(await lookAt(made))).toMatchObject({ daemon: 'process_down' });
});

test('a health check tells of it although nobody wants the component to run', async () => {
  const made = await testStack({ pool: sleeper, miners: [sleeper] });
  const { environment } = made.stack;
  const pool = { ...environment.pool, kind: 'unheard-of' };
  const seen = await lookAt({ ...made, stack: { ...made.stack, environment: { ...environment, pool } } });
  const atRest = { ...seen, pool: { ...seen.pool, desired: 'stopped' as const } };
  expect(found(atRest)).not.toHaveProperty('pool');
  expect(unseenAtRest(atRest)).toMatchObject([{ component: 'pool', role: 'pool', failure: 'bad_config' }]);
  expect(unseenAtRest(seen)).toEqual([]);
});
