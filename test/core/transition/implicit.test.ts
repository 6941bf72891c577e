import { describe, expect, test } from 'vitest';
import { healing, linear } from '../fixtures/pipelines.ts';
import { Walk } from '../fixtures/walk.ts';

describe('recovery that the flow does not know', () => {
  test.each([
    [
      'an exception or a timeout',
      (walk: Walk) => walk.breakDown('timeout'),
      { code: 'timeout', message: 'it broke: timeout' },
      null,
    ],
    [
      'a negative decision that nothing routes',
      (walk: Walk) => walk.decide('daemon_failed'),
      { code: 'negative_decision', message: 'no connection takes "daemon_failed" of stage start' },
      'daemon_failed',
    ],
    [
      'a decision that the stage does not declare',
      (walk: Walk) => walk.decide('all_good'),
      { code: 'undeclared_decision', message: 'stage start does not declare "all_good"' },
      'all_good',
    ],
  ])('%s opens an incident and returns to the failed stage', (_, fail, failure, decision) => {
    const walk = fail(new Walk(linear));
    expect(walk.state).toMatchObject({
      status: 'recovering',
      work: { kind: 'recovery', number: 1, mode: 'targeted', delaySeconds: 0, recoveryStage: null },
      incident: { id: 'id-2', attempts: 0, unproven: ['start'], raisedBy: 'start' },
    });
    expect(walk.last.slice(0, 2)).toEqual([
      { type: 'stage_attempt_closed', id: 'id-1', status: 'failed', decision, failure },
      { type: 'incident_opened', id: 'id-2', stageId: 'start', failure },
    ]);
    expect(walk.heal().state).toMatchObject({
      status: 'running',
      work: { stageId: 'start' },
      attempts: { start: 2 },
    });
  });

  test('knows why, where the stage knew more than its decision says', () => {
    const failure = { code: 'missing_program', message: 'litecoind is not installed' };
    for (const [pipeline, first, decision] of [
      [healing, ['daemon_started'], 'connection_failed'],
      [linear, [], 'daemon_failed'],
    ] as const) {
      const walk = new Walk(pipeline).decide(...first).send({ type: 'stage_decided', decision, failure });
      expect(walk.last.slice(0, 2)).toMatchObject([
        { type: 'stage_attempt_closed', status: 'failed', decision, failure },
        { type: 'incident_opened', failure },
      ]);
      expect(walk.state.incident).toMatchObject({ failure });
    }
    const walk = new Walk(linear).send({ type: 'stage_decided', decision: 'all_good', failure });
    expect(walk.state.incident).toMatchObject({ failure: { code: 'undeclared_decision' } });
  });

  test('takes no stage attempt', () => {
    const walk = new Walk(linear).breakDown().failToHeal(2).heal();
    expect(walk.visited).toEqual(['start', 'start']);
  });
});
