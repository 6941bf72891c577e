import { expect, test } from 'vitest';
import { payloadOf, readWake } from '../../queue/payload.ts';
import { someJob } from './brokers.ts';

const RUN = '0199f0a0-7c00-7000-8000-000000000001';
const GOOD = { runId: RUN, dispatch: 3 };

test('a job carries the run, the dispatch, the stage and nothing else', () => {
  const job = someJob('rig-1', { runId: RUN, dispatch: 3, stageId: 'start_pool', delayMs: 5 });
  expect(payloadOf(job)).toEqual({ ...GOOD, stageId: 'start_pool' });
  expect(payloadOf(someJob('rig-1', GOOD))).toEqual(GOOD);
});

test('what was written is read back', () => {
  expect(readWake('stages', { id: `${RUN}.3`, data: GOOD })).toEqual({ kind: 'stages', ...GOOD });
  const withStage = { ...GOOD, stageId: 'start_pool' };
  expect(readWake('recovery', { id: `${RUN}.3`, data: withStage })).toEqual({
    kind: 'recovery',
    ...withStage,
  });
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['text', 'x'],
  ['a run that is no UUID', { ...GOOD, runId: '../../etc' }],
  ['a negative dispatch', { ...GOOD, dispatch: -1 }],
  ['a fraction', { ...GOOD, dispatch: 1.5 }],
  ['a dispatch as text', { ...GOOD, dispatch: '3' }],
  ['a command', { ...GOOD, command: ['rm', '-rf', '/'] }],
  ['a stage that is not text', { ...GOOD, stageId: {} }],
  ['a very long stage', { ...GOOD, stageId: 'x'.repeat(201) }],
  ['another dispatch than its id', { ...GOOD, dispatch: 4 }],
])('%s is no wake-up call', (_, data) => {
  const answer = readWake('stages', { id: `${RUN}.3`, data });
  expect(answer).toEqual({ problem: expect.any(String) });
});
