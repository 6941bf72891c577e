import { expect, test } from 'vitest';
import { minerKind } from '../../../worker/components/index.ts';
import { minerMembers } from '../../../worker/components/stack.ts';
import { down, stackWith } from '../../core/fixtures/observation.ts';
import { realMiner } from './real-miner.ts';
import { emptyStack, recoverSeeing } from './support.ts';

const broken = stackWith({ pool: down(null, 'SIGKILL') });

test.each([
  ['mainnet', {}],
  ['testnet', {}],
  ['regtest', { manage: false }],
])('on %s with %j a failure is reported and nothing is done', async (network, fields) => {
  const stack = await emptyStack({ network, ...fields });
  for (const mode of ['targeted', 'last_resort'] as const)
    expect(await recoverSeeing([broken], { stack, mode })).toMatchObject({
      outcome: {
        kind: 'hopeless',
        escalation: { reason: 'critical_error', detail: expect.stringContaining('"manage": true') },
      },
      cause: { component: 'pool', failure: 'process_down' },
      actions: [],
    });
});

test('what mends itself is waited for everywhere', async () => {
  const stack = await emptyStack({ network: 'mainnet' });
  const warming = stackWith({ daemon: { rpc: { kind: 'warming_up', detail: '-28' }, template: null } });
  const report = await recoverSeeing([warming, stackWith()], { stack });
  expect(report.outcome).toEqual({ kind: 'healed', reset: false });
  expect(report.actions.map(({ type }) => type)).toEqual(['wait']);
});

test('whoever asks: nothing starts, and what runs is not stopped', async () => {
  const miner = await realMiner({ command: ['sleep', '60'] });
  const { environment } = miner.stack;
  const [member] = minerMembers({ ...miner.stack, environment: { ...environment, network: 'signet' } });
  if (!member) throw new RangeError('a stack without a miner');
  const kind = minerKind(member);
  await expect(kind.start(member, { reindex: false })).rejects.toMatchObject({ code: 'unsafe' });
  await miner.start();
  const pid = await miner.pid();
  await expect(kind.stop(member, { force: true })).rejects.toMatchObject({ code: 'unsafe' });
  expect(await kind.start(member, { reindex: false })).toBe('already_running');
  expect(await miner.pid()).toBe(pid);
});
