import { expect, test } from 'vitest';
import { checkpoint, openCheckpoints } from '../../../worker/components/checkpoint.ts';
import { rpcCall } from '../../../worker/host/rpc.ts';
import { eventually, litecoinStack } from './support/litecoin-stack.ts';

async function minedStack() {
  const made = await litecoinStack();
  const { daemon, kind, answers, ends } = made;
  await kind.start(daemon, { reindex: false });
  await answers();
  const endpoint = await kind.endpoint(daemon);
  const descriptor = 'raw(51)#8lvh9jxk';
  const mine = async (blocks: number) =>
    void (await rpcCall(endpoint, 'generatetodescriptor', [blocks, descriptor]));
  /** Killed and started again: the height that is left. */
  const afterCrash = async () => {
    const { process: running } = await kind.observe(daemon);
    if (running.state !== 'down') process.kill(running.pid, 'SIGKILL');
    await ends();
    await kind.start(daemon, { reindex: false });
    await answers();
    return Number(await rpcCall(endpoint, 'getblockcount'));
  };
  return { ...made, mine, afterCrash };
}

test('what was mined before a checkpoint survives a kill, what came after it may not', async () => {
  const { stack, mine, afterCrash } = await minedStack();
  await mine(12);
  expect(await checkpoint(stack)).toBe(12);
  await mine(3);
  expect(await afterCrash()).toBe(12);
});

test('while it looks after a stack it makes one when the chain has grown, and not at once again', async () => {
  const { stack, mine } = await minedStack();
  const patient = openCheckpoints();
  await mine(2);
  expect(await patient.offer(stack, 2)).toBe(2);
  await mine(1);
  expect(await patient.offer(stack, 3)).toBeNull();
  const eager = openCheckpoints(0);
  expect(await eager.offer(stack, 3)).toBe(3);
  expect(await eager.offer(stack, 3)).toBeNull();
  await mine(1);
  expect(await eager.offer(stack, 4)).toBe(4);
});

test('no daemon, or a chain that is no practice: nothing is done and nothing is thrown', async () => {
  const { stack, daemon, kind, mine } = await minedStack();
  await mine(1);
  stack.environment.network = 'signet';
  expect(await checkpoint(stack)).toBeNull();
  stack.environment.network = 'regtest';
  expect(await checkpoint(stack)).toBe(1);
  await kind.stop(daemon, { force: true });
  await eventually('it is gone', async () => (await kind.observe(daemon)).process.state === 'down');
  expect(await checkpoint(stack)).toBeNull();
});
