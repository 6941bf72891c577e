import { expect, test } from 'vitest';
import { type RunView, runViewSchema } from '../../cli/client/run-view.ts';
import type { Canvas } from '../../cli/live/canvas.ts';
import { symbolsOf } from '../../cli/live/symbols.ts';
import { treeOf } from '../../cli/live/tree.ts';
import { paint } from '../../cli/terminal/paint.ts';
import { nextStepSentence } from '../../core/words/failure.ts';

const START = Date.UTC(2026, 0, 2, 14, 3, 0);
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();
const ID = '01a21c62-e96b-705c-b5de-be3d4fa49b9e';

const canvas = (more: Partial<Canvas> = {}): Canvas => ({
  paint: paint(false),
  symbols: symbolsOf('xterm'),
  columns: 72,
  rows: 24,
  nowMs: START + 20_000,
  frame: 0,
  ...more,
});

const stage = (id: string, status: string, more: object = {}) => ({
  id,
  name: id,
  status,
  attempts: 1,
  ...more,
});
const incident = {
  id: 'i1',
  component: 'pool',
  failure: 'stratum_port_conflict',
  status: 'open',
  detectedAt: at(6),
  recoveryAttempts: [
    {
      number: 1,
      strategy: 'pool-disconnection',
      outcome: 'failed',
      reason: 'port 3333 is held\nby node',
      actions: [{ type: 'stop', component: 'pool', force: false, at: at(6), result: 'was terminated' }],
    },
    { number: 2, actions: [] },
  ],
};

const waiting = (more: object = {}): RunView =>
  runViewSchema.parse({
    id: ID,
    pipelineName: 'setup',
    environment: 'lab',
    host: 'rig-1',
    status: 'waiting_retry',
    currentStage: 'verify',
    nextAttemptAt: at(27.2),
    createdAt: at(0),
    waitingFor: { kind: 'retry', at: at(27.2) },
    stages: [
      stage('start_daemon', 'succeeded', { decision: 'daemon_started' }),
      stage('start_pool', 'succeeded', { decision: 'pool_started', attempts: 2 }),
      stage('verify', 'failed', { decision: 'connection_failed' }),
      stage('start_miners', 'pending', { attempts: 0 }),
      stage('finish', 'pending', { attempts: 0 }),
    ],
    attempts: [
      { id: 'a', kind: 'stage', stageId: 'start_daemon', number: 1, status: 'succeeded', durationMs: 412 },
      {
        id: 'b',
        kind: 'stage',
        stageId: 'verify',
        number: 1,
        status: 'failed',
        finishedAt: at(6),
        durationMs: 1400,
      },
    ],
    incidents: [incident],
    ...more,
  });

test('a tree has the stages, and below them what broke, what was tried and when it is tried again', () => {
  expect(treeOf(waiting(), canvas())).toEqual(
    [
      'setup lab on rig-1                                               20.0 s',
      `run ${ID}           waiting to try again`,
      '  ✔ start_daemon      daemon_started                             412 ms',
      '  ✔ start_pool (2)    pool_started',
      '  ✖ verify            connection_failed                           1.4 s',
      '    ▲ pool stratum_port_conflict                                 14.0 s',
      '      The pool cannot listen: another program holds its Stratum port.',
      '      ✖ attempt 1 pool-disconnection port 3333 is held by node',
      '      ◷ attempt 2 in 8 s',
      '  · start_miners',
      '  · finish',
    ].map((line) => line),
  );
});

test('an attempt at work has its actions below it, and a spinner that turns', () => {
  const [first] = incident.recoveryAttempts;
  const working = waiting({
    status: 'recovering',
    nextAttemptAt: null,
    waitingFor: null,
    incidents: [{ ...incident, recoveryAttempts: [{ ...first, outcome: null, reason: null }] }],
  });
  const lines = treeOf(working, canvas());
  expect(lines).toContain('      ⠋ attempt 1 pool-disconnection');
  expect(lines).toContain('          stop the pool: was terminated');
  expect(treeOf(working, canvas({ frame: 1 }))).toContain('      ⠙ attempt 1 pool-disconnection');
});

test('a repaired incident takes one line, an escalated one says what to do', () => {
  const resolved = { ...incident, status: 'resolved', timeToRecoveryMs: 42_900 };
  const repaired = treeOf(waiting({ incidents: [resolved] }), canvas()).filter((line) =>
    line.includes('stratum_port_conflict'),
  );
  expect(repaired).toEqual(['    ✔ repaired: pool stratum_port_conflict                       42.9 s']);
  const escalation = { reason: 'attempts_exhausted', detail: '4 attempts did not help.' };
  const escalated = treeOf(
    waiting({ status: 'escalated', incidents: [{ ...incident, status: 'escalated', escalation }] }),
    canvas({ columns: 200 }),
  );
  expect(escalated).toEqual(
    expect.arrayContaining([
      '    ▲ needs a person: pool stratum_port_conflict',
      '      Every repair that is allowed was tried, and none of them held.',
      '      4 attempts did not help.',
      expect.stringContaining('What to do: End the process that holds the Stratum port'),
      '      All that is known: davy report i1',
    ]),
  );
  const alone = {
    reason: 'critical_error',
    detail: `pool: broken. ${nextStepSentence('pool', 'stratum_port_conflict')}`,
  };
  const facts = treeOf(
    waiting({
      incidents: [
        { ...incident, status: 'escalated', evidence: ['port 3333 is held by node'], escalation: alone },
      ],
    }),
    canvas({ columns: 200 }),
  );
  expect(facts).toContain('      port 3333 is held by node');
  expect(facts.filter((line) => line.includes('End the process'))).toHaveLength(1);
});

test.each([20, 40, 80, 200])(
  'no line is wider than %i columns, and the id is whole where it fits',
  (columns) => {
    const escaping = waiting({ environment: 'a\u4e16\u754c' });
    const lines = treeOf(escaping, canvas({ columns, rows: 100 }));
    for (const line of lines) expect([...line].length).toBeLessThan(columns);
    if (columns >= 40) expect(lines.join('\n')).toContain(ID);
  },
);

test('a low terminal gets less, and what is wrong stays', () => {
  const lines = treeOf(waiting(), canvas({ rows: 9 }));
  expect(lines).toContain('  2 stages done');
  expect(lines).toContain('  2 stages to come');
  expect(lines).toContain('      ◷ attempt 2 in 8 s');
  for (const rows of [3, 5, 9, 10, 30])
    expect(treeOf(waiting(), canvas({ rows })).length).toBeLessThanOrEqual(rows);
});

test('a console with few characters gets plain ones', () => {
  const lines = treeOf(waiting(), canvas({ symbols: symbolsOf('linux') })).join('\n');
  expect(lines).not.toMatch(/[^\x20-\x7e\n]/);
});

test('colours are there where they are wanted, and the words are the same', () => {
  const plain = treeOf(waiting(), canvas());
  const colored = treeOf(waiting(), canvas({ paint: paint(true) }));
  expect(colored.join('\n')).toContain('\u001b[');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  expect(colored.map((line) => line.replace(/\u001b\[\d+m/g, ''))).toEqual(plain);
});
