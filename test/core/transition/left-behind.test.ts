import { describe, expect, test } from 'vitest';
import { forward, pipelineOf } from '../fixtures/pipelines.ts';
import { Walk } from '../fixtures/walk.ts';

describe('a stage that failed and that the flow leaves behind', () => {
  test('is checked again before the flow goes on', () => {
    const walk = new Walk(forward).decide('daemon_started').breakDown().heal();
    expect(walk.state).toMatchObject({
      status: 'running',
      work: { stageId: 'verify', purpose: 'recheck' },
      continuation: { kind: 'stage', stageId: 'mine' },
    });
    walk.decide('connection_verified');
    expect(walk.state).toMatchObject({ work: { stageId: 'mine', purpose: 'flow' }, continuation: null });
    expect(walk.visited).toEqual(['start', 'verify', 'recover', 'verify again', 'mine']);
    expect(walk.written('incident_resolved')).toHaveLength(1);
  });

  test('fails its check within the same incident and budget', () => {
    const walk = new Walk(forward).decide('daemon_started').breakDown().heal().decide('connection_failed');
    expect(walk.state).toMatchObject({
      status: 'waiting_retry',
      work: { number: 2, delaySeconds: 10 },
      continuation: null,
    });
    expect(walk.written('incident_opened')).toHaveLength(1);
  });

  test('is checked before the run may end well', () => {
    const early = pipelineOf(
      { verify: 'daemon_pool_connector/verify_connection', recover: 'error_recovery_agent/recover' },
      [
        'verify -connection_failed-> recover',
        'verify -connection_verified-> end',
        'recover -recovery_successful-> end',
      ],
    );
    const walk = new Walk(early).decide('connection_failed').heal();
    expect(walk.state).toMatchObject({
      work: { stageId: 'verify', purpose: 'recheck' },
      continuation: { kind: 'end', ending: 'succeeded', outcome: 'recovery_successful' },
    });
    expect(walk.decide('connection_verified').state).toMatchObject({
      status: 'succeeded',
      outcome: 'recovery_successful',
    });
  });

  test('is not passed by a check that says no, where that would end the run', () => {
    const walk = new Walk(
      pipelineOf(
        {
          start: 'bitcoin_daemon_manager/start_daemon',
          recover: 'error_recovery_agent/recover',
          verify: 'daemon_pool_connector/verify_connection',
        },
        [
          'start -daemon_failed-> end',
          'start -daemon_started-> recover',
          'recover -recovery_successful-> verify',
          'verify -connection_verified-> end',
        ],
      ),
    );
    walk.breakDown().heal();
    expect(walk.state).toMatchObject({ work: { stageId: 'start', purpose: 'recheck' } });
    walk.decide('daemon_failed');
    expect(walk.state).toMatchObject({ status: 'failed', outcome: 'daemon_failed' });
    expect(walk.written('incident_resolved')).toEqual([]);
  });
});
