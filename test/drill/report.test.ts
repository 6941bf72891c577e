import { expect, test } from 'vitest';
import { accountOf } from '../../drill/incidents.ts';
import { markdown } from '../../drill/report.ts';
import type { DrillResult, Trial } from '../../drill/result.ts';
import { rowOf } from '../../drill/table.ts';

test('a ratio compares medians, and a loss is counted', () => {
  const result = drilled({
    floorsMs: [400, 500, 9_000],
    trials: [trial({ provenMs: 600 }), trial({ provenMs: 700 }), trial({ provenMs: 5_000 })],
  });
  expect(rowOf(result)).toEqual([
    'daemon-killed',
    'daemon:process_down',
    'start daemon',
    '12 ms',
    '700 ms',
    '500 ms',
    '1.40',
    'healed, as expected',
  ]);
  const lossy = drilled({ asExpected: false, trials: [trial({ problems: ['LOST: the chain'] })] });
  const page = markdown([result, lossy], {
    stacks: [{ name: 'lab', versions: ['daemon LitecoinCore:0.21.2.1'] }],
    startedAt: new Date('2026-11-23T20:00:00Z'),
    durationMs: 120_000,
  });
  expect(page).toContain('2 faults on real processes in 2 min, 1 as expected, 1 with a loss');
  expect(page).toContain('daemon LitecoinCore:0.21.2.1');
  expect(page).toContain('| daemon-killed | 600, 700, 5000 | 400, 500, 9000 | 1.40 |');
});

test('a fault that was not provoked says why, and is no failure', () => {
  const result = drilled({ trials: [], skipped: 'its pool is not ckpool' });
  expect(rowOf(result).at(-1)).toBe('not provoked: its pool is not ckpool');
});

test('an account is settled once no run is at work and no incident is open', () => {
  const incident = {
    id: '1',
    component: 'pool',
    failure: 'process_down',
    status: 'open' as const,
    evidence: [],
    detectedAt: '2026-11-23T20:00:00.000Z',
    recoveryAttempts: [
      { number: 1, strategy: 'pool-disconnection', actions: [{ type: 'start', component: 'pool' }] },
    ],
  };
  const run = { id: 'r', pipelineName: 'p', createdAt: incident.detectedAt, status: 'succeeded' };
  const open = accountOf([{ ...run, finished: true, incidents: [incident] }]);
  expect(open).toMatchObject({
    settled: false,
    diagnosed: ['pool:process_down'],
    actions: ['start pool'],
    strategies: ['pool-disconnection'],
  });
  const resolved = { ...incident, status: 'resolved' as const };
  expect(accountOf([{ ...run, finished: false, incidents: [resolved] }]).settled).toBe(false);
  expect(accountOf([{ ...run, finished: true, incidents: [resolved] }]).settled).toBe(true);
});

function trial(part: Partial<Trial>): Trial {
  return {
    outcome: 'healed',
    detectedMs: 12,
    provenMs: 600,
    diagnosed: ['daemon:process_down'],
    strategies: ['daemon-crash'],
    actions: ['start daemon'],
    escalation: null,
    problems: [],
    ...part,
  };
}

function drilled(part: Partial<DrillResult>): DrillResult {
  return {
    fault: 'daemon-killed',
    layer: 'daemon',
    title: 'the daemon gets SIGKILL',
    environment: 'lab',
    expected: 'healed',
    skipped: null,
    wreck: null,
    trials: [trial({})],
    floorsMs: [],
    asExpected: true,
    ...part,
  };
}
