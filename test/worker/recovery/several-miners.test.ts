import { mkdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Observation } from '../../../core/observation.ts';
import { perform } from '../../../worker/actions.ts';
import { minerManager } from '../../../worker/agents/miner-manager.ts';
import { minerKind } from '../../../worker/components/index.ts';
import { minerMembers, type Stack } from '../../../worker/components/stack.ts';
import { findProcess } from '../../../worker/components/supervised.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { testStack } from '../components/support/stack.ts';
import { recoverSeeing } from './support.ts';

const REFUSED = {
  kind: 'process',
  command: ['sh', '-c', 'echo Stratum authentication failed; exec sleep 60'],
};
const SLEEPER = { kind: 'process', command: ['sleep', '60'] };
const pool = { kind: 'process', command: ['sleep', '60'] };

/** Real miners above a daemon and a pool that are seen to work. */
async function look(stack: Stack): Promise<Observation> {
  const miners = minerMembers(stack).map(async (member) => ({
    ...(await minerKind(member).observe(member)),
    desired: 'running' as const,
    staleLocks: [],
  }));
  return { ...stackWith(), miners: await Promise.all(miners) };
}

async function running(stack: Stack): Promise<string[]> {
  const found = await Promise.all(
    minerMembers(stack).map(async (member) => ((await findProcess(member)) ? [member.ref.name] : [])),
  );
  return found.flat();
}

describe('a miner that nobody can heal', () => {
  test('is left to a person, and the one beside it is healed', async () => {
    const { stack } = await testStack({ pool, miners: [REFUSED, SLEEPER] });
    const [refused] = minerMembers(stack);
    if (!refused) throw new RangeError('no miner');
    await minerKind(refused).start(refused, { reindex: false });
    await expect.poll(async () => (await look(stack)).miners[0]?.connection).toBe('unauthorized');
    const observe = () => look(stack);
    const report = await recoverSeeing([await observe()], { stack, observe });
    expect(report.outcome).toMatchObject({
      kind: 'hopeless',
      escalation: { reason: 'critical_error', detail: expect.stringMatching(/^miner-1: unauthorized/) },
    });
    expect(report.after).toMatchObject([{ component: 'miner-1' }]);
    expect(await running(stack)).toEqual(['miner-1', 'miner-2']);
  });

  test('whose configuration cannot be read keeps no other from being redirected, nor from its start', async () => {
    const { stack, at, write, read } = await testStack({
      pool: { ...pool, stratumPort: 3421 },
      miners: [
        { kind: 'cpuminer', command: ['sleep', '60'] },
        { kind: 'cpuminer', command: ['sleep', '60'] },
      ],
    });
    await mkdir(at('miner-1.json'));
    await write('miner-2.json', '{"url": "stratum+tcp://127.0.0.1:1"}');
    expect(await perform(stack, { type: 'redirect_miners' })).toMatch(
      /^redirected: miner-2; miner-1 failed: .*EISDIR/,
    );
    expect(JSON.parse(await read('miner-2.json'))).toMatchObject({ url: 'stratum+tcp://127.0.0.1:3421' });

    const starting = minerManager.start_mining({
      stage: { id: 'start', name: '', agent: '', description: '', inputs: [], decisions: [] },
      stack,
      attemptId: 'attempt-1',
      signal: new AbortController().signal,
      saved: async () => [],
      observe: () => look(stack),
      reset: async () => {
        throw new Error('nobody asked for a reset');
      },
      want: async () => {},
      rememberHeight: async () => {},
    });
    await expect(starting).rejects.toThrow(/EISDIR/);
    expect(await running(stack)).toEqual(['miner-2']);
  });
});
