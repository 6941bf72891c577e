import { expect, test } from 'vitest';
import { isLost, type WaitingFacts, type WaitingFor, waitingFor } from '../../core/waiting.ts';

const now = new Date('2026-01-02T03:04:05.000Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const due: WaitingFacts = {
  host: 'rig-1',
  cancelRequested: false,
  nextAttemptAt: null,
  workerSeenAt: ago(2_000),
  environment: 'lab',
  lostSince: null,
  before: null,
};
const before = { runId: 'r0', pipelineName: 'setup', status: 'waiting_retry', count: 2 } as const;
const silent = { kind: 'worker', host: 'rig-1', lastSeenAt: '2026-01-02T03:03:54.999Z' } as const;

test.each<[string, Partial<WaitingFacts>, WaitingFor]>([
  ['its call, where nothing else is to come', {}, { kind: 'call' }],
  ['its call, once its delay is over', { nextAttemptAt: now }, { kind: 'call' }],
  ['its delay', { nextAttemptAt: ago(-1) }, { kind: 'retry', at: '2026-01-02T03:04:05.001Z' }],
  ['no worker that was heard of just now', { workerSeenAt: ago(10_000) }, { kind: 'call' }],
  ['a worker that fell silent', { workerSeenAt: ago(10_001) }, silent],
  ['a worker, before its delay', { workerSeenAt: ago(10_001), nextAttemptAt: ago(-1) }, silent],
  ['a worker that there never was', { workerSeenAt: null }, { ...silent, lastSeenAt: null }],
  [
    'its environment, before its delay',
    { lostSince: ago(60_000), nextAttemptAt: ago(-1) },
    { kind: 'environment', environment: 'lab', host: 'rig-1', lastSeenAt: '2026-01-02T03:03:05.000Z' },
  ],
  ['a worker, before its environment', { workerSeenAt: ago(10_001), lostSince: ago(60_000) }, silent],
  [
    'its turn, whether or not there is a worker',
    { before, workerSeenAt: null },
    { kind: 'run', runId: 'r0', pipelineName: 'setup', status: 'waiting_retry', position: 2 },
  ],
  [
    'its end, before everything else',
    { cancelRequested: true, before, workerSeenAt: null },
    { kind: 'cancel' },
  ],
])('a run waits for %s', (_, facts, expected) => {
  expect(waitingFor({ ...due, ...facts }, now)).toEqual(expected);
});

test.each<[string, boolean, { started: number; host: number; environment: number }]>([
  ['served with the last sign of life', false, { started: 60_000, host: 0, environment: 2_000 }],
  ['served not quite so lately', false, { started: 60_000, host: 0, environment: 10_000 }],
  ['that its worker went on without', true, { started: 60_000, host: 0, environment: 10_001 }],
  ['that a worker has not come to yet', false, { started: 10_000, host: 0, environment: 600_000 }],
  ['that a worker has not come to for long', true, { started: 10_001, host: 0, environment: 600_000 }],
  [
    'served to the end by a worker that is gone',
    false,
    { started: 900_000, host: 600_000, environment: 602_000 },
  ],
  [
    'that its worker had lost before it went',
    true,
    { started: 900_000, host: 600_000, environment: 700_000 },
  ],
])('an environment %s is lost: %s', (_, expected, { started, host, environment }) => {
  const signs = {
    host: { startedAt: ago(started), seenAt: ago(host) },
    environment: { seenAt: ago(environment) },
  };
  expect(isLost(signs)).toBe(expected);
});
