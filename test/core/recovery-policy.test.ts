import { describe, expect, test } from 'vitest';
import { decideRecovery, recoveryPolicy } from '../../core/recovery.ts';
import { DEFAULT_SETTINGS } from '../../core/settings.ts';
import { POLICY } from './fixtures/walk.ts';

const schedule = (policy: Partial<typeof POLICY>) => {
  const steps: [number, string, number][] = [];
  for (let made = 0; ; made++) {
    const next = decideRecovery(made, { ...POLICY, ...policy });
    if (next.kind === 'exhausted') return { steps, attempts: next.attempts };
    steps.push([next.number, next.mode, next.delaySeconds]);
  }
};

describe('the schedule of one incident', () => {
  test('three targeted attempts, then the last resort', () => {
    expect(schedule({})).toEqual({
      steps: [
        [1, 'targeted', 0],
        [2, 'targeted', 10],
        [3, 'targeted', 30],
        [4, 'last_resort', 60],
      ],
      attempts: 4,
    });
  });

  test('more attempts than delays: the last delay repeats', () => {
    const { steps } = schedule({ targetedAttempts: 5 });
    expect(steps.map(([, , delay]) => delay)).toEqual([0, 10, 30, 60, 60, 60]);
    expect(steps.at(-1)).toEqual([6, 'last_resort', 60]);
  });

  test('fewer attempts than delays: the rest is never waited', () => {
    expect(schedule({ targetedAttempts: 1 }).steps).toEqual([
      [1, 'targeted', 0],
      [2, 'last_resort', 10],
    ]);
  });

  test.each([[[0]], [[]]])('delays %j: no pause', (backoffSeconds) => {
    expect(schedule({ backoffSeconds }).steps.map(([, , delay]) => delay)).toEqual([0, 0, 0, 0]);
  });
});

describe('the policy that settings make', () => {
  test('is the specification where nothing else is said', () => {
    expect(recoveryPolicy(DEFAULT_SETTINGS, true)).toEqual(POLICY);
  });

  test.each([
    [3, 2, 2],
    [2, 3, 2],
    [5, 5, 5],
    [1, 1, 1],
    [1, 20, 1],
    [20, 1, 1],
  ])(
    'max %i, escalate after %i: %i targeted',
    (maxRecoveryAttempts, escalateAfterFailures, targetedAttempts) => {
      const settings = { ...DEFAULT_SETTINGS, maxRecoveryAttempts, escalateAfterFailures };
      expect(recoveryPolicy(settings, true)).toMatchObject({ targetedAttempts });
      // The last resort follows, whichever of the two is used up first.
      const { steps } = schedule(recoveryPolicy(settings, true));
      expect(steps.map(([, mode]) => mode)).toEqual([
        ...Array.from({ length: targetedAttempts }, () => 'targeted'),
        'last_resort',
      ]);
    },
  );

  test.each([
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ])('auto-recovery %s, mutating %s: %s', (autoRecoveryEnabled, mutating, enabled) => {
    expect(recoveryPolicy({ ...DEFAULT_SETTINGS, autoRecoveryEnabled }, mutating)).toMatchObject({ enabled });
  });
});
