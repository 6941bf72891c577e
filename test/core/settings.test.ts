import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS, parseSettings } from '../../core/settings.ts';

const SPECIFIED = {
  autoRecoveryEnabled: true,
  maxRecoveryAttempts: 3,
  recoveryBackoffSeconds: [10, 30, 60],
  escalateAfterFailures: 3,
  detectionIntervalSeconds: 15,
  strategies: {
    daemonCrash: { maxAttempts: 3 },
    rpcFailure: { maxAttempts: 5 },
    poolDisconnection: { maxAttempts: 3 },
    minerError: { maxAttempts: 3 },
    staleLock: { maxAttempts: 1 },
    cascadingFailure: { action: 'full_reset' },
  },
};

test('the defaults are those of the specification', () => {
  expect(DEFAULT_SETTINGS).toMatchObject(SPECIFIED);
  expect(DEFAULT_SETTINGS.maxStageAttempts).toBe(200);
});

test('the shipped file says what the defaults say', () => {
  const shipped = readFileSync(new URL('../../agents/error_recovery_agent.json', import.meta.url), 'utf8');
  expect(parseSettings(JSON.parse(shipped))).toEqual({ ok: true, settings: DEFAULT_SETTINGS });
});

test('a file changes what it names and keeps what we do not know', () => {
  const result = parseSettings({
    name: 'Error recovery agent',
    maxRecoveryAttempts: 5,
    strategies: { rpcFailure: { maxAttempts: 2 }, cascadingFailure: { action: 'escalate' }, ours: true },
  });
  expect(result).toMatchObject({
    ok: true,
    settings: {
      name: 'Error recovery agent',
      maxRecoveryAttempts: 5,
      escalateAfterFailures: 3,
      strategies: { rpcFailure: { maxAttempts: 2 }, daemonCrash: { maxAttempts: 3 }, ours: true },
    },
  });
});

test('a crash loop is more than 3 crashes in 10 minutes, unless the file says otherwise', () => {
  expect(DEFAULT_SETTINGS.crashLoop).toEqual({ maxCrashes: 3, windowMinutes: 10 });
  const wrong = parseSettings({ crashLoop: { maxCrashes: 0, windowMinutes: 0 } });
  expect(wrong.ok ? [] : wrong.problems.map(({ path }) => path)).toEqual([
    'crashLoop.maxCrashes',
    'crashLoop.windowMinutes',
  ]);
});

test('every problem of a bad file at once', () => {
  const result = parseSettings({
    autoRecoveryEnabled: 'yes',
    maxRecoveryAttempts: 0,
    recoveryBackoffSeconds: [],
    escalateAfterFailures: 2.5,
    detectionIntervalSeconds: Number.POSITIVE_INFINITY,
    stageTimeoutSeconds: -1,
    strategies: { daemonCrash: { maxAttempts: 21 }, cascadingFailure: { action: 'pray' } },
  });
  expect(result.ok ? [] : result.problems.map(({ path }) => path)).toEqual([
    'autoRecoveryEnabled',
    'maxRecoveryAttempts',
    'recoveryBackoffSeconds',
    'escalateAfterFailures',
    'detectionIntervalSeconds',
    'stageTimeoutSeconds',
    'strategies.daemonCrash.maxAttempts',
    'strategies.cascadingFailure.action',
  ]);
});

test.each([
  ['null', null],
  ['a list', []],
  ['a text', 'autoRecoveryEnabled'],
  ['a negative delay', { recoveryBackoffSeconds: [10, -1] }],
  ['a delay in words', { recoveryBackoffSeconds: ['10'] }],
  ['too many delays', { recoveryBackoffSeconds: Array.from({ length: 21 }, () => 1) }],
])('%s is no settings file', (_, document) => {
  expect(parseSettings(document).ok).toBe(false);
});

test('a poisoned file poisons nothing', () => {
  const result = parseSettings(JSON.parse('{"__proto__": {"autoRecoveryEnabled": false}}'));
  expect(result).toEqual({ ok: true, settings: DEFAULT_SETTINGS });
  expect(result.ok && Object.getPrototypeOf(result.settings)).toBe(Object.prototype);
});
