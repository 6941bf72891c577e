import { expect, test } from 'vitest';
import { diagnoseDaemon } from '../../../core/diagnosis/daemon.ts';
import { diagnose } from '../../../core/diagnosis.ts';
import { poolKind } from '../../../worker/components/index.ts';
import { poolMember } from '../../../worker/components/stack.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { eventually, litecoinStack } from './support/litecoin-stack.ts';
import { testStack } from './support/stack.ts';
import { STRATUM_POOL } from './support/stratum-pool.ts';

const START = { reindex: false };

test.each(['127.0.0.2', '::1'])('a daemon that listens at %s alone is not restarted', async (address) => {
  const { rpcPort, daemon, kind, read, write } = await litecoinStack();
  const conf = (await read('daemon/litecoin.conf')).replace('rpcbind=127.0.0.1', `rpcbind=${address}`);
  await write('daemon/litecoin.conf', conf);
  await kind.start(daemon, START);
  const facts = await eventually('it listens', async () => {
    const seen = await kind.observe(daemon);
    return seen.rpcPort.holder === 'ours' && seen.rpc?.kind === 'refused' && seen;
  });
  const where = `it listens on port ${rpcPort} at ${address}, but davy.json looks for it at 127.0.0.1`;
  expect(diagnoseDaemon({ ...facts, desired: 'running', knownHeight: 0, staleLocks: [] })).toMatchObject({
    failure: 'bad_config',
    evidence: expect.arrayContaining([where]),
  });
});

test.each([
  [
    '127.0.0.2',
    { failure: 'bad_config', evidence: expect.arrayContaining([expect.stringMatching('127.0.0.2, but')]) },
  ],
  ['0.0.0.0', null],
])('a pool that listens at %s', async (address, finding) => {
  const [port = 0] = await freePorts(1);
  const command = [process.execPath, 'pool.cjs', String(port), address];
  const { stack, write } = await testStack({ pool: { kind: 'process', command, stratumPort: port } });
  await write('pool.cjs', STRATUM_POOL);
  const pool = poolMember(stack);
  await poolKind(pool).start(pool, START);
  const facts = await eventually('it listens', async () => {
    const seen = await poolKind(pool).observe(pool);
    return seen.stratumPort.holder === 'ours' && seen;
  });
  const [found] = diagnose(stackWith({ pool: facts })).filter(({ failure }) => failure !== 'stale_work');
  if (finding === null) expect(found).toBeUndefined();
  else expect(found).toMatchObject(finding);
});
