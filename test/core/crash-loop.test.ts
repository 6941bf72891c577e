import { describe, expect, test } from 'vitest';
import { workingComponents } from '../../core/diagnosis.ts';
import { DEFAULT_SETTINGS, parseSettings } from '../../core/settings.ts';
import { planFor } from '../../core/strategies/index.ts';
import { down, stackWith } from './fixtures/observation.ts';
import { diagnosis, environmentWith } from './fixtures/situation.ts';

const planAfter = (crashes: number, settings = DEFAULT_SETTINGS) =>
  planFor({
    diagnosis: diagnosis('pool', 'process_down'),
    observation: stackWith({ pool: down(null, 'SIGKILL') }),
    environment: environmentWith(),
    settings,
    crashes,
  });

describe('more than 3 crashes in 10 minutes', () => {
  test.each([0, 1, 2, 3])('%i crashes are repaired', (crashes) => {
    expect(planAfter(crashes)).toMatchObject({ strategy: 'pool-disconnection', plan: { kind: 'ladder' } });
  });

  test.each([4, 5, 100])('%i are a loop, for a person at once', (crashes) => {
    expect(planAfter(crashes)).toEqual({
      strategy: 'crash-loop',
      plan: {
        kind: 'hopeless',
        escalation: {
          reason: 'crash_loop',
          detail: `pool crashed ${crashes} times within 10 minutes (it was seen). Look into its logs for what ends it, then resume the run.`,
        },
      },
    });
  });

  test('the settings may say otherwise', () => {
    const parsed = parseSettings({ crashLoop: { maxCrashes: 1, windowMinutes: 2 } });
    if (!parsed.ok) throw new Error('bad settings');
    expect(planAfter(1, parsed.settings).plan.kind).toBe('ladder');
    expect(planAfter(2, parsed.settings).plan).toMatchObject({
      escalation: { reason: 'crash_loop', detail: expect.stringContaining('2 times within 2 minutes') },
    });
  });
});

describe('what works', () => {
  test('is what should be running, runs, and shows nothing wrong', () => {
    expect(workingComponents(stackWith())).toEqual(['daemon', 'pool', 'miner-1']);
    expect(workingComponents(stackWith({ pool: down(1), miner: { connection: 'unreachable' } }))).toEqual([
      'daemon',
    ]);
    expect(workingComponents(stackWith({ daemon: { desired: 'stopped' } }))).toEqual(['pool', 'miner-1']);
  });
});
