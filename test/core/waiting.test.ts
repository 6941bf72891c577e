import { expect, test } from 'vitest';
import { type WaitingFacts, type WaitingFor, waitingFor } from '../../core/waiting.ts';

const now = new Date('2026-01-02T03:04:05.000Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const due: WaitingFacts = {
  host: 'rig-1',
  cancelRequested: false,
  nextAttemptAt: null,
  workerSeenAt: ago(2_000),
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
