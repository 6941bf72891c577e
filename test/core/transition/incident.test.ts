import { describe, expect, test } from 'vitest';
import { healing, linear, pipelineOf } from '../fixtures/pipelines.ts';
import { Walk } from '../fixtures/walk.ts';

/** The recovery begins again from the start of the flow. */
const returning = pipelineOf(
  {
    start: 'bitcoin_daemon_manager/start_daemon',
    verify: 'daemon_pool_connector/verify_connection',
    recover: 'error_recovery_agent/recover',
  },
  [
    'start -daemon_started-> verify',
    'verify -connection_failed-> recover',
    'verify -connection_verified-> end',
    'recover -recovery_successful-> start',
  ],
);

describe('an incident', () => {
  test('closes only when the stage that raised it passes', () => {
    const walk = new Walk(healing).decide('daemon_started').breakDown().heal();
    expect(walk.written('incident_resolved')).toEqual([]);
    walk.decide('connection_verified');
    expect(walk.last).toMatchObject([
      { type: 'stage_attempt_closed', status: 'succeeded' },
      { type: 'incident_resolved', id: 'id-3' },
      { type: 'stage_attempt_opened', stageId: 'mine' },
    ]);
    expect(walk.state.incident).toBeNull();
  });

  test('stays open while other stages pass', () => {
    const walk = new Walk(returning);
    walk.decide('daemon_started', 'connection_failed').heal().decide('daemon_started');
    expect(walk.state.incident).toMatchObject({ unproven: ['verify'] });
    expect(walk.written('incident_resolved')).toEqual([]);
    expect(walk.decide('connection_verified').state).toMatchObject({ status: 'succeeded' });
    expect(walk.written('incident_resolved')).toHaveLength(1);
  });

  test('is joined by a second stage that fails before it closes, and then wants both', () => {
    const walk = new Walk(returning).decide('daemon_started', 'connection_failed').heal().breakDown();
    expect(walk.written('incident_opened')).toHaveLength(1);
    expect(walk.state).toMatchObject({
      status: 'waiting_retry',
      work: { number: 2, recoveryStage: null },
      incident: {
        attempts: 1,
        unproven: ['verify', 'start'],
        raisedBy: 'start',
        failure: { code: 'timeout' },
      },
    });
    walk.heal().decide('daemon_started');
    expect(walk.state.incident).toMatchObject({ unproven: ['verify'] });
    walk.decide('connection_verified');
    expect(walk.written('incident_resolved')).toHaveLength(1);
  });

  test('opens anew after it was closed, with a budget of its own', () => {
    const walk = new Walk(linear).breakDown().failToHeal(2).heal().decide('daemon_started').breakDown();
    expect(walk.written('incident_opened')).toHaveLength(2);
    expect(walk.state).toMatchObject({ status: 'recovering', work: { number: 1, delaySeconds: 0 } });
  });

  test('is not closed by a stage whose negative decision ends the run', () => {
    const watchful = pipelineOf({ verify: 'daemon_pool_connector/verify_connection' }, [
      'verify -connection_failed-> end',
      'verify -connection_verified-> end',
    ]);
    const walk = new Walk(watchful).breakDown().heal().decide('connection_failed');
    expect(walk.state).toMatchObject({ status: 'failed', outcome: 'connection_failed' });
    expect(walk.written('incident_resolved')).toEqual([]);
    expect(walk.written('incident_closed')).toMatchObject([
      { closing: { reason: 'run_failed', detail: 'the run ended failed on connection_failed' } },
    ]);
  });
});
