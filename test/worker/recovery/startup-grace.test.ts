import { expect, test } from 'vitest';
import { heldBy, stackWith } from '../../core/fixtures/observation.ts';
import { emptyStack, recoverSeeing } from './support.ts';

const notListening = (startedSecondsAgo: number | null) =>
  stackWith({
    pool: {
      process: { state: 'running', pid: 200, startedSecondsAgo },
      stratumPort: heldBy(3333, 'nobody'),
      stratum: { kind: 'refused', step: 'connect', detail: 'refused' },
    },
  });

test('a pool that was only just started is waited for, not restarted', async () => {
  const young = notListening(0.4);
  const report = await recoverSeeing([young, young, young, stackWith()]);
  expect(report).toMatchObject({
    outcome: { kind: 'healed' },
    cause: { failure: 'stratum_not_listening' },
    actions: [],
  });
});

test.each([
  ['has had its time', 6, 60],
  ['has a shorter one', 2, 1],
  ['is of unknown age', null, 60],
])('one that %s is restarted at once', async (_, age, startTimeoutSeconds) => {
  const stack = await emptyStack({ pool: { kind: 'process', command: ['/bin/false'], startTimeoutSeconds } });
  const report = await recoverSeeing([notListening(age), stackWith()], { stack });
  expect(report.actions.map(({ type }) => type)).toContain('start');
});

test('one that is young for ever is waited for once', async () => {
  const stack = await emptyStack({
    pool: { kind: 'process', command: ['/bin/false'], startTimeoutSeconds: 0.5 },
  });
  const young = notListening(0);
  let looks = 0;
  let looksBeforeRestart: number | null = null;
  const report = await recoverSeeing([young], {
    stack,
    observe: async () => {
      looks++;
      return looksBeforeRestart === null ? young : stackWith();
    },
    note: async (what) => {
      if (what === 'strategy') looksBeforeRestart ??= looks;
    },
  });
  expect(report.outcome).toMatchObject({ kind: 'healed' });
  expect(report.actions.map(({ type }) => type)).toContain('start');
  expect(looksBeforeRestart, 'the first look, and others during its time').toBeGreaterThan(1);
});
