import { expect, test } from 'vitest';
import { type RunView, runViewSchema } from '../../cli/client/run-view.ts';
import { changes } from '../../cli/follow/changes.ts';
import { type Announced, countdown } from '../../cli/follow/countdown.ts';
import { describeRun } from '../../cli/follow/describe-run.ts';
import { lineReader } from '../../cli/follow/line-reader.ts';

process.env.TZ = 'UTC';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 2, 14, 3, 0) + seconds * 1000).toISOString();

const run = (more: object = {}): RunView =>
  runViewSchema.parse({
    id: 'r1',
    pipelineName: 'mining-infrastructure-setup',
    environment: 'lab',
    host: 'rig-1',
    status: 'running',
    createdAt: at(0),
    ...more,
  });

const begun = {
  id: 'a1',
  kind: 'stage',
  stageId: 'start_pool',
  number: 1,
  status: 'running',
  startedAt: at(1),
};
const failed = {
  ...begun,
  status: 'failed',
  finishedAt: at(2.4),
  durationMs: 1400,
  error: { code: 'x', message: 'port 3333\u001b[31m is taken\r\n' },
};
const incident = {
  id: 'i1',
  status: 'open',
  detectedAt: at(2.4),
  timeToDetectionMs: 8,
  component: 'pool',
  failure: 'stratum_port_conflict',
};
const recovery = { id: 'a2', kind: 'recovery', number: 1, status: 'running', startedAt: at(2.4) };
const healed = {
  ...recovery,
  status: 'succeeded',
  decision: 'recovery_successful',
  finishedAt: at(2.64),
  durationMs: 240,
};
const recovered = {
  number: 1,
  strategy: 'pool-disconnection',
  outcome: 'recovery_successful',
  actions: [
    {
      type: 'move_stratum_port',
      component: 'pool',
      port: 13333,
      at: at(2.5),
      durationMs: 9,
      result: 'now 13333',
    },
    { type: 'redirect_miners', at: at(2.6), durationMs: 3, result: '' },
  ],
};
const resolved = { ...incident, status: 'resolved', resolvedAt: at(2.64), timeToRecoveryMs: 240 };

test('the first look tells all, causes before effects', () => {
  const lines = changes(
    null,
    run({ attempts: [healed, failed], incidents: [{ ...resolved, recoveryAttempts: [recovered] }] }),
  );
  expect(lines).toEqual([
    'run r1: mining-infrastructure-setup in lab on rig-1',
    '14:03:01  start_pool begins',
    '14:03:02  start_pool failed: port 3333 [31m is taken (1.4 s)',
    '14:03:02  incident: pool stratum_port_conflict, detected after 8 ms',
    '14:03:02    The pool cannot listen: another program holds its Stratum port.',
    '14:03:02  recovery attempt 1 begins',
    '14:03:02    move the pool to Stratum port 13333: now 13333',
    '14:03:02    point the miners at the pool',
    '14:03:02  recovery attempt 1 (pool-disconnection) succeeded: recovery_successful (240 ms)',
    '14:03:02  incident resolved after 240 ms: pool stratum_port_conflict',
  ]);
});

test('a later look tells only what is new', () => {
  const before = run({ attempts: [begun] });
  const now = run({ attempts: [failed, recovery], incidents: [incident] });
  expect(changes(before, before)).toEqual([]);
  expect(changes(before, now)).toEqual([
    '14:03:02  start_pool failed: port 3333 [31m is taken (1.4 s)',
    '14:03:02  incident: pool stratum_port_conflict, detected after 8 ms',
    '14:03:02    The pool cannot listen: another program holds its Stratum port.',
    '14:03:02  recovery attempt 1 begins',
  ]);
});

test('a diagnosis that comes later is told when it comes', () => {
  const before = run({ incidents: [{ ...incident, component: null, failure: null }] });
  expect(changes(null, before)[1]).toBe(
    '14:03:02  incident: a failure not yet diagnosed, detected after 8 ms',
  );
  expect(changes(before, run({ incidents: [incident] }))).toEqual([
    '14:03:02  diagnosis: pool stratum_port_conflict, detected after 8 ms',
    '14:03:02    The pool cannot listen: another program holds its Stratum port.',
  ]);
});

test('a repeated stage has its number, and the end its outcome', () => {
  const again = { ...begun, id: 'a3', number: 2 };
  const escalated = {
    ...incident,
    status: 'escalated',
    resolvedAt: null,
    escalation: { reason: 'attempts_exhausted', detail: 'Free the port.' },
  };
  const before = run({ attempts: [failed], incidents: [incident] });
  const now = run({
    status: 'escalated',
    outcome: 'recovery_failed',
    finishedAt: at(70),
    attempts: [failed, again, { ...recovery, status: 'failed', finishedAt: at(70) }],
    incidents: [escalated],
  });
  expect(changes(before, now)).toEqual([
    '14:03:01  start_pool (attempt 2) begins',
    '14:03:02  recovery attempt 1 begins',
    '14:04:10  recovery attempt 1 failed',
    '14:04:10  incident escalated: pool stratum_port_conflict: attempts_exhausted: Free the port.',
    '14:04:10    What to do: End the process that holds the Stratum port, or give the pool further fallbackPorts in davy.json.',
    '14:04:10    All that is known: davy report i1',
    '14:04:10  escalated: recovery_failed (1 min 10 s)',
  ]);
});

test('a wait is counted down, without a line for every second', () => {
  const waiting = { status: 'waiting_retry' as const, nextAttemptAt: at(90) };
  const said: string[] = [];
  let announced: Announced | null = null;
  for (let second = 29.5; second < 92; second += 0.25) {
    const now = countdown(waiting, announced, Date.parse(at(second)));
    announced = now.announced;
    if (now.text !== null) said.push(now.text);
  }
  expect(said).toEqual([61, 60, 30, 20, 10, 5, 3, 2, 1].map((left) => `next recovery attempt in ${left} s`));
  expect(countdown({ status: 'running', nextAttemptAt: null }, announced, 0)).toEqual({
    text: null,
    announced: null,
  });
});

test('a run on a page has its stages as a table', () => {
  const stages = [
    { id: 'start_daemon', name: 'Start', status: 'succeeded', attempts: 1, decision: 'daemon_started' },
    { id: 'start_pool', name: 'Start', status: 'running', attempts: 12, decision: null },
  ];
  expect(describeRun(run({ stages }))).toEqual([
    'run r1: mining-infrastructure-setup in lab on rig-1: running (at work)',
    '',
    'stage         status     attempts  decision',
    'start_daemon  succeeded  1         daemon_started',
    'start_pool    running    12',
  ]);
});

const turn = { kind: 'run', runId: 'r0', pipelineName: 'setup', status: 'running', position: 1 };

test.each<[object, string[]]>([
  [{ waitingFor: turn }, ['waits for run r0 (setup, at work), 1 before it']],
  [
    { waitingFor: { kind: 'worker', host: 'rig-1', lastSeenAt: at(7) } },
    ['waits for the worker of host rig-1, last seen at 14:03:07'],
  ],
  [
    { waitingFor: { kind: 'worker', host: 'rig-1', lastSeenAt: null } },
    ['waits for the worker of host rig-1, never seen'],
  ],
  [{ waitingFor: { kind: 'retry', at: at(9) } }, ['waits for its next recovery attempt at 14:03:09']],
  [{ waitingFor: { kind: 'cancel' } }, ['waits for its worker to end it']],
  [{ waitingFor: { kind: 'call' } }, []],
  [{ waitingFor: { kind: 'of a newer version' } }, []],
  [{ status: 'cancelled', leftRunning: ['daemon', 'pool'] }, ['left running: daemon, pool']],
  [{ status: 'cancelled', leftRunning: [] }, ['nothing was left running']],
  [{ status: 'cancelled', leftRunning: null }, []],
])('a page of a run says what it waits for, or left behind: %j', (more, expected) => {
  const page = describeRun(run(more));
  expect(page.slice(1, page.indexOf(''))).toEqual(expected);
});

test('one that follows a run is told what it waits for, once', () => {
  const lines: string[] = [];
  const reader = lineReader((line) => lines.push(line));
  const answer = (more: object) => ({ view: run(more), document: null, etag: null });
  const waiting = answer({ waitingFor: turn });
  reader.onRun(null, waiting);
  reader.onRun(waiting.view, waiting);
  reader.onRun(waiting.view, answer({ waitingFor: { kind: 'call' } }));
  expect(lines.slice(1)).toEqual([
    expect.stringContaining('  waits for run r0 (setup, at work), 1 before it'),
  ]);
});
