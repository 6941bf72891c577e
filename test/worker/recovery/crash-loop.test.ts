import { expect, test } from 'vitest';
import { chooseFirst } from '../../../worker/components/miner-choice.ts';
import { minerMembers, secretsOf } from '../../../worker/components/stack.ts';
import { endProcess, observeProcess } from '../../../worker/components/supervised.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { type RealMiner, realMiner } from './real-miner.ts';

const SLEEP = { command: ['sleep', '60'] };

const minerOf = ({ stack }: RealMiner) => {
  const [member] = minerMembers(stack);
  if (!member) throw new RangeError('a stack without a miner');
  return member;
};

async function crashAndHeal(miner: RealMiner, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await miner.kill();
    expect(await miner.recover()).toMatchObject({ outcome: { kind: 'healed' }, strategy: 'miner-error' });
  }
}

test('three crashes are healed, the fourth goes to a person at once, and nothing is started', async () => {
  const miner = await realMiner(SLEEP);
  await miner.start();
  await Promise.all([miner.observe(), miner.observe()]);
  await crashAndHeal(miner, 3);
  await miner.kill();
  expect(await miner.recover()).toMatchObject({
    outcome: {
      kind: 'hopeless',
      escalation: { reason: 'crash_loop', detail: expect.stringMatching(/crashed 4 times.*SIGKILL/) },
    },
    actions: [],
  });
  await expect(miner.pid()).rejects.toThrow('down');
});

test('what we ended did not crash, and what never came to work did not either', async () => {
  const miner = await realMiner(SLEEP);
  const member = minerOf(miner);
  await miner.start();
  await Promise.all([miner.observe(), miner.observe()]);
  await endProcess(member, true);
  expect(await observeProcess(member)).toMatchObject({ state: 'down', crash: null });

  await miner.start();
  await miner.observe();
  await miner.kill();
  expect(await observeProcess(member)).toMatchObject({ state: 'down', crash: null });
});

test('a crash is named by its process, however often it is seen', async () => {
  const miner = await realMiner(SLEEP);
  await miner.start();
  await Promise.all([miner.observe(), miner.observe()]);
  const pid = await miner.pid();
  await miner.kill();
  const seen = [await observeProcess(minerOf(miner)), await observeProcess(minerOf(miner))];
  expect(seen[0]).toMatchObject({ crash: { key: expect.stringMatching(`/${pid}/`) } });
  expect(seen[0]).toEqual(seen[1]);
});

test('the alternative takes the place of a miner that keeps crashing, until it does so itself', async () => {
  const alternative = {
    kind: 'process',
    command: ['sleep', '61'],
    login: { username: 'b', password: 'secret-b' },
  };
  const miner = await realMiner({ ...SLEEP, alternative });
  await miner.start();
  await Promise.all([miner.observe(), miner.observe()]);
  await crashAndHeal(miner, 3);

  await miner.kill();
  const report = await miner.recover();
  expect(report).toMatchObject({ outcome: { kind: 'healed' }, strategy: 'crash-loop' });
  expect(report.actions.map(({ type }) => type)).toEqual(['switch_miner']);
  const [facts] = (await miner.observe()).miners;
  expect(facts).toMatchObject({ alternative: true, process: { state: 'running' } });
  expect(minerOf(miner).spec.command).toEqual(['sleep', '61']);
  expect(secretsOf(miner.stack)).toContain('secret-b');

  await crashAndHeal(miner, 3);
  await miner.kill();
  expect((await miner.recover()).outcome).toMatchObject({
    kind: 'hopeless',
    escalation: { reason: 'crash_loop', detail: expect.stringContaining('its alternative is in use') },
  });

  await chooseFirst(miner.stack.stateDirectory, 'miner-1');
  expect(minerOf(miner).spec.command).toEqual(SLEEP.command);
});

test('a miner that cannot be started at all gives way to its alternative too', async () => {
  const miner = await realMiner({ command: ['./no-such-miner'], alternative: { kind: 'process', ...SLEEP } });
  const report = await miner.recover();
  expect(report).toMatchObject({ outcome: { kind: 'healed' }, strategy: 'miner-error' });
  expect(
    report.actions.filter(({ type }) => type === 'start' || type === 'switch_miner').map(({ type }) => type),
  ) //
    .toEqual(['start', 'switch_miner']);
  await waitUntil(async () => (await miner.pid()) > 0, {
    timeoutMs: 10_000,
    intervalMs: 10,
    what: 'it runs',
  });
});
