import { describe, expect, test } from 'vitest';
import { healing, pipelineOf } from '../fixtures/pipelines.ts';
import { Walk } from '../fixtures/walk.ts';

describe('recovery along the flow', () => {
  test('a decision that routes to the recovery stage fails its stage', () => {
    const walk = new Walk(healing).decide('daemon_started', 'connection_failed');
    expect(walk.state).toMatchObject({
      status: 'recovering',
      work: { number: 1, recoveryStage: { stageId: 'recover', attemptId: 'id-4' } },
    });
    expect(walk.last).toMatchObject([
      { type: 'stage_attempt_closed', status: 'failed', decision: 'connection_failed', failure: null },
      { type: 'incident_opened', stageId: 'verify', failure: { code: 'connection_failed' } },
      { type: 'stage_attempt_opened', stageId: 'recover', number: 1, purpose: 'flow' },
      { type: 'stage_attempt_begun', id: 'id-4' },
      { type: 'recovery_attempt_opened', incidentId: 'id-3' },
    ]);
  });

  test.each([
    ['broke', (walk: Walk) => walk.breakDown()],
    ['decided what it does not declare', (walk: Walk) => walk.decide('nonsense')],
  ])('a stage that %s takes its own recovery stage', (_, fail) => {
    const walk = fail(new Walk(healing).decide('daemon_started'));
    expect(walk.state).toMatchObject({ work: { recoveryStage: { stageId: 'recover' } } });
  });

  test('a stage that routes to no recovery stage recovers implicitly in the same pipeline', () => {
    const walk = new Walk(healing).breakDown();
    expect(walk.state).toMatchObject({ work: { recoveryStage: null } });
  });

  test('is one stage attempt, however many recovery attempts it takes', () => {
    const walk = new Walk(healing).decide('daemon_started').breakDown().failToHeal(3).heal();
    expect(walk.visited).toEqual(['start', 'verify', 'recover', 'verify']);
    expect(walk.written('recovery_attempt_opened').map(({ work }) => work.recoveryStage?.attemptId)).toEqual(
      Array.from({ length: 4 }, () => 'id-4'),
    );
    expect(walk.written('stage_attempt_closed').filter(({ id }) => id === 'id-4')).toEqual([
      {
        type: 'stage_attempt_closed',
        id: 'id-4',
        status: 'succeeded',
        decision: 'recovery_successful',
        failure: null,
      },
    ]);
  });

  test('a reset has a decision of its own', () => {
    const walk = new Walk(healing).decide('daemon_started').breakDown().heal(true);
    expect(walk.last[0]).toMatchObject({ type: 'recovery_attempt_closed', outcome: 'environment_reset' });
    expect(walk.last[1]).toMatchObject({ type: 'stage_attempt_closed', decision: 'environment_reset' });
  });

  test('a stage that knows no resets calls one a recovery', () => {
    const walk = new Walk(
      pipelineOf(
        {
          verify: 'daemon_pool_connector/verify_connection',
          recover: { does: 'error_recovery_agent/recover', decisions: ['recovery_successful'] },
        },
        ['verify -connection_failed-> recover', 'recover -recovery_successful-> verify'],
      ),
    );
    walk.breakDown().heal(true);
    expect(walk.last[1]).toMatchObject({ type: 'stage_attempt_closed', decision: 'recovery_successful' });
    expect(walk.state).toMatchObject({ status: 'running', work: { stageId: 'verify' } });
  });

  test('a success that leads nowhere, or to another recovery, is for a person', () => {
    const stages = {
      verify: 'daemon_pool_connector/verify_connection',
      recover: 'error_recovery_agent/recover',
      again: 'error_recovery_agent/recover',
    };
    const routes = ['verify -connection_failed-> recover', 'recover -recovery_successful-> again'];
    for (const reset of [true, false]) {
      const walk = new Walk(pipelineOf(stages, routes)).breakDown().heal(reset);
      expect(walk.state).toMatchObject({ status: 'escalated', outcome: 'unrouted_decision', incident: null });
      expect(walk.written('incident_escalated')).toMatchObject([
        { escalation: { reason: 'critical_error' } },
      ]);
    }
  });
});
