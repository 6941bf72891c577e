import { describe, expect, test } from 'vitest';
import { byUrgency, type Concern, concernsOf, needsPerson, type StackFacts } from '../../core/attention.ts';

const NOW = Date.parse('2026-01-01T03:00:00.000Z');
const ago = (seconds: number) => new Date(NOW - seconds * 1000).toISOString();

const HEALTHY: StackFacts = {
  maintenance: null,
  health: { healthy: true, since: ago(3600), diagnoses: [], components: [] },
  healthAt: ago(5),
  stale: false,
  desired: { daemon: 'running', pool: 'running' },
  run: null,
  incident: null,
  calls: [],
  workerAlive: true,
  workerSeenAt: ago(1),
};

const unhealthy = (seconds: number): Partial<StackFacts> => ({
  health: { healthy: false, since: ago(seconds), diagnoses: [], components: [] },
});

const CALL = {
  incidentId: 'i',
  runId: 'r',
  environment: 'lab',
  host: 'rig-1',
  component: 'pool',
  failure: 'stratum_deaf',
  reason: 'attempts_exhausted',
  detail: '',
  occurredAt: ago(60),
  detectedAt: ago(60),
  escalatedAt: ago(10),
  report: '',
} as const;

const kinds = (change: Partial<StackFacts>) =>
  concernsOf({ ...HEALTHY, ...change }, NOW).map(({ kind }) => kind);

describe('a stack wants nothing', () => {
  test.each<[string, Partial<StackFacts>]>([
    ['where it is well', {}],
    ['where nobody has looked yet', { health: null, healthAt: null, stale: null }],
    ['where a run is at work that broke nothing', { run: { status: 'running' }, stale: true }],
    ['where it was only just seen broken', unhealthy(10)],
    ['where all of it is stopped, and nobody looks', { desired: { pool: 'stopped' }, stale: true }],
    ['where it is stopped and its host is off', { desired: {}, workerAlive: false }],
  ])('%s', (_, change) => {
    expect(kinds(change)).toEqual([]);
  });
});

describe('a stack is told of', () => {
  test.each<[string, Partial<StackFacts>, Concern['kind'][]]>([
    ['whose worker is gone', { workerAlive: false }, ['no_worker']],
    [
      'whose run nobody will take',
      { desired: {}, workerAlive: false, run: { status: 'queued' } },
      ['no_worker'],
    ],
    ['for which a person was called', { calls: [CALL], ...unhealthy(60) }, ['called']],
    ['which is broken for long, and nobody is at it', unhealthy(60), ['broken']],
    ['at which nobody has looked for too long', { stale: true }, ['stale']],
    ['which was broken when it was last seen', { stale: true, ...unhealthy(600) }, ['stale']],
    ['which is under repair', { run: { status: 'recovering' }, ...unhealthy(60) }, ['repairing']],
    ['which waits for its repair', { run: { status: 'waiting_retry' } }, ['repairing']],
    [
      'whose incident is proven to be over',
      { run: { status: 'running' }, incident: { occurredAt: ago(9), component: null, failure: null } },
      ['repairing'],
    ],
    [
      'which somebody works on',
      { maintenance: { since: ago(9), reason: null, by: 'k' }, ...unhealthy(600) },
      ['maintenance'],
    ],
    [
      'whose worker died at the repair',
      { workerAlive: false, run: { status: 'recovering' } },
      ['no_worker', 'repairing'],
    ],
  ])('%s', (_, change, expected) => {
    expect(kinds(change)).toEqual(expected);
  });
});

test('people are needed for what nobody else sees to, for what they were called to first of all', () => {
  const all = concernsOf(
    { ...HEALTHY, workerAlive: false, calls: [CALL], maintenance: { since: ago(9), reason: null, by: 'k' } },
    NOW,
  );
  expect(all.map((concern) => [concern.kind, needsPerson(concern)])).toEqual([
    ['called', true],
    ['no_worker', true],
    ['maintenance', false],
  ]);
  expect([...all].reverse().sort(byUrgency)).toEqual(all);
});
