import { expect, test } from 'vitest';
import type { StageContext } from '../../../worker/agents/agent.ts';
import { integrationTester } from '../../../worker/agents/integration-tester.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { emptyStack } from '../recovery/support.ts';

test('a miner that works and never tells of a share is known by the blocks', async () => {
  let height = 120;
  const observe = async () => {
    height += 1;
    const daemon = stackWith().daemons.map(({ rpc, ...facts }) => ({
      ...facts,
      rpc: rpc?.kind === 'ok' ? { ...rpc, height } : rpc,
    }));
    return {
      ...stackWith({ miner: { acceptedShares: 0, rejectedShares: 0, hashrate: null } }),
      daemons: daemon,
    };
  };
  const context = { stack: await emptyStack(), observe, signal: new AbortController().signal };
  const verdict = await integrationTester.validate_infrastructure(context as unknown as StageContext);
  expect(verdict).toMatchObject({ succeeded: true });
});
