import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { diagnosePool } from '../../../core/diagnosis/pool.ts';
import { daemonKind, poolKind } from '../../../worker/components/index.ts';
import { daemonMember, poolMember } from '../../../worker/components/stack.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { startLitecoinPair } from '../../support/litecoin.ts';
import { eventually } from './support/litecoin-stack.ts';
import { testStack } from './support/stack.ts';
import { STRATUM_POOL } from './support/stratum-pool.ts';

test('a pool that the daemon can give no work is incompatible, and no restart is tried', async () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'davy-incompatible-')));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const pair = await startLitecoinPair({ dir });
  onTestFinished(() => pair.stop());
  const [stratumPort = 0] = await freePorts(1);
  const { stack, write } = await testStack({
    daemon: { dataDir: pair.dataDir, rpcPort: pair.rpcPort },
    pool: {
      kind: 'coiniumserv',
      directory: 'pool',
      stratumPort,
      command: [process.execPath, 'pool.cjs', String(stratumPort)],
    },
  });
  // As CoiniumServ does without a block template: everything but a job.
  await write('pool/pool.cjs', STRATUM_POOL.replace(/^.*mining\.notify', params.*$/m, ''));
  await write('pool/CoiniumServ.exe', '');
  const [pool, daemon] = [poolMember(stack), daemonMember(stack)];
  await poolKind(pool).configure(pool);
  await poolKind(pool).start(pool, { reindex: false });
  const known = { desired: 'running', staleLocks: [] } as const;
  const facts = await eventually('it is asked', async () => {
    const seen = await poolKind(pool).observe(pool);
    return seen.stratum?.kind === 'no_job' && seen.stratumPort.holder === 'ours' && seen;
  });
  const below = { ...(await daemonKind(daemon).observe(daemon)), ...known, knownHeight: 0 };
  expect(diagnosePool({ ...facts, ...known }, below)).toMatchObject({
    failure: 'incompatible',
    evidence: expect.arrayContaining([expect.stringMatching(/asked as the pool asks.*segwit/)]),
  });
});
