import { describe, expect, test } from 'vitest';
import type { RunState } from '../../../core/run.ts';
import { healing, linear, pipelineOf } from '../fixtures/pipelines.ts';
import { Walk } from '../fixtures/walk.ts';

const recovery = ({ status, work }: RunState) =>
  work?.kind === 'recovery' ? [status, work.number, work.mode, work.delaySeconds] : [status];

describe('the tries of one incident', () => {
  test('at once, after 10 and 30 seconds, then the last resort after 60, then a person', () => {
    const walk = new Walk(healing).decide('daemon_started').breakDown();
    const seen = [recovery(walk.state)];
    for (let tries = 0; tries < 4; tries++) seen.push(recovery(walk.failToHeal().state));
    expect(seen).toEqual([
      ['recovering', 1, 'targeted', 0],
      ['waiting_retry', 2, 'targeted', 10],
      ['waiting_retry', 3, 'targeted', 30],
      ['waiting_retry', 4, 'last_resort', 60],
      ['escalated'],
    ]);
    expect(walk.state).toMatchObject({ outcome: 'recovery_failed', incident: null });
    expect(walk.last).toEqual([
      { type: 'recovery_attempt_closed', id: 'id-8', outcome: 'failed', reason: 'still broken' },
      {
        type: 'stage_attempt_closed',
        id: 'id-4',
        status: 'failed',
        decision: 'recovery_failed',
        failure: null,
      },
      {
        type: 'incident_escalated',
        id: 'id-3',
        escalation: {
          reason: 'attempts_exhausted',
          detail: '4 recovery attempts did not help: still broken',
        },
      },
    ]);
  });

  test('a wait that is over is a recovery at work', () => {
    const walk = new Walk(linear).breakDown().failToHeal().send({ type: 'begun' });
    expect(recovery(walk.state)).toEqual(['recovering', 2, 'targeted', 10]);
    expect(walk.last).toEqual([{ type: 'recovery_attempt_begun', id: 'id-4' }]);
  });

  test('survive the loop of verify and recover: a recovery that only claims success escalates', () => {
    const walk = new Walk(healing).decide('daemon_started');
    const seen: unknown[] = [];
    for (let claims = 0; claims < 4; claims++) {
      seen.push(recovery(walk.decide('connection_failed').state));
      walk.heal();
    }
    expect(seen).toEqual([
      ['recovering', 1, 'targeted', 0],
      ['waiting_retry', 2, 'targeted', 10],
      ['waiting_retry', 3, 'targeted', 30],
      ['waiting_retry', 4, 'last_resort', 60],
    ]);
    walk.decide('connection_failed');
    expect(walk.state).toMatchObject({ status: 'escalated', outcome: 'recovery_failed' });
    expect(walk.written('incident_opened', 'incident_resolved', 'incident_escalated').map(({ type }) => type)) //
      .toEqual(['incident_opened', 'incident_escalated']);
    expect(walk.visited.filter((id) => id === 'recover')).toHaveLength(4);
  });

  test('follow the settings: one targeted attempt, then the last resort', () => {
    const walk = new Walk(linear, { targetedAttempts: 1, backoffSeconds: [5] }).breakDown().failToHeal();
    expect(recovery(walk.state)).toEqual(['waiting_retry', 2, 'last_resort', 5]);
    expect(walk.failToHeal().state.status).toBe('escalated');
  });

  test('without a delay nothing waits', () => {
    const walk = new Walk(linear, { backoffSeconds: [0] }).breakDown().failToHeal();
    expect(recovery(walk.state)).toEqual(['recovering', 2, 'targeted', 0]);
  });

  test('the last resort may heal like any other attempt', () => {
    const walk = new Walk(linear).breakDown().failToHeal(3).heal(true).decide('daemon_started');
    expect(walk.written('incident_resolved')).toHaveLength(1);
    expect(walk.state).toMatchObject({ status: 'running', work: { stageId: 'verify' } });
  });

  test('spent on causes that have nothing to do with each other: a cascade, in whichever attempt they were seen', () => {
    const walk = new Walk(linear).breakDown();
    const failed = { kind: 'failed', reason: 'still broken' } as const;
    walk
      .send({ type: 'recovery_finished', outcome: { ...failed, gravity: 'cascading_failure' } })
      .failToHeal(3);
    expect(walk.written('incident_escalated')).toMatchObject([
      {
        escalation: {
          reason: 'cascading_failure',
          detail: 'several components failed at once, and 4 recovery attempts did not help: still broken',
        },
      },
    ]);
  });

  test('a cascade that only claims to be healed stays one', () => {
    const walk = new Walk(linear, { targetedAttempts: 1, backoffSeconds: [0] }).breakDown();
    walk.send({
      type: 'recovery_finished',
      outcome: { kind: 'healed', reset: false, gravity: 'cascading_failure' },
    });
    walk.breakDown().heal().breakDown();
    expect(walk.written('incident_escalated')).toMatchObject([
      { escalation: { reason: 'cascading_failure' } },
    ]);
  });

  test('are not spent on what is hopeless', () => {
    const escalation = { reason: 'resource_exhausted', detail: 'the disk is full' } as const;
    const walk = new Walk(healing).decide('daemon_started').breakDown();
    walk.send({ type: 'recovery_finished', outcome: { kind: 'hopeless', escalation } });
    expect(walk.state).toMatchObject({ status: 'escalated', outcome: 'recovery_failed' });
    expect(walk.last).toEqual([
      { type: 'recovery_attempt_closed', id: 'id-5', outcome: 'escalated', reason: 'the disk is full' },
      {
        type: 'stage_attempt_closed',
        id: 'id-4',
        status: 'failed',
        decision: 'recovery_failed',
        failure: null,
      },
      { type: 'incident_escalated', id: 'id-3', escalation },
    ]);
  });

  test('do not exist while automatic recovery is off', () => {
    const walk = new Walk(healing, { enabled: false }).breakDown('timeout');
    expect(walk.state).toMatchObject({ status: 'failed', outcome: 'timeout', incident: null });
    expect(walk.written('recovery_attempt_opened')).toEqual([]);
    expect(walk.written('incident_escalated')).toEqual([]);
    expect(walk.written('incident_closed')).toMatchObject([
      {
        closing: {
          reason: 'recovery_off',
          detail: 'it broke: timeout; automatic recovery is off for this run',
        },
      },
    ]);
  });
});

describe('a change of the settings in the middle of an incident', () => {
  const changed = { backoffSeconds: [1], targetedAttempts: 1, enabled: false };

  test('moves none of its delays and tries', () => {
    const walk = new Walk(linear).breakDown();
    const seen = [recovery(walk.state)];
    walk.adopt(changed);
    for (let tries = 0; tries < 4; tries++) seen.push(recovery(walk.failToHeal().state));
    expect(seen.map(([, , mode, delay]) => [mode, delay])).toEqual([
      ['targeted', 0],
      ['targeted', 10],
      ['targeted', 30],
      ['last_resort', 60],
      [undefined, undefined],
    ]);
    expect(walk.state.status).toBe('escalated');
  });

  test('is not forgotten over a stage that claims to pass and fails again', () => {
    const walk = new Walk(linear).breakDown().adopt(changed).heal().breakDown();
    expect(recovery(walk.state)).toEqual(['waiting_retry', 2, 'targeted', 10]);
  });

  test('holds for the next incident', () => {
    const walk = new Walk(linear).breakDown().adopt({ ...changed, enabled: true });
    walk.heal().decide('daemon_started').breakDown().failToHeal();
    expect(recovery(walk.state)).toEqual(['waiting_retry', 2, 'last_resort', 1]);
  });
});

describe('the cap on stage attempts', () => {
  const loop = pipelineOf(
    { start: 'bitcoin_daemon_manager/start_daemon', stop: 'bitcoin_daemon_manager/stop_daemon' },
    ['start -daemon_started-> stop', 'stop -daemon_stopped-> start'],
  );

  test('ends a flow that turns in a circle', () => {
    const walk = new Walk(loop, { maxStageAttempts: 5 });
    for (let round = 0; round < 5; round++)
      walk.decide(round % 2 === 0 ? 'daemon_started' : 'daemon_stopped');
    expect(walk.state).toMatchObject({ status: 'failed', outcome: 'stage_attempt_cap' });
    expect(walk.visited).toHaveLength(5);
  });

  test('counts recovery stages too and closes the incident that is open', () => {
    const walk = new Walk(healing, { maxStageAttempts: 2 }).decide('daemon_started').breakDown();
    expect(walk.state).toMatchObject({ status: 'failed', outcome: 'stage_attempt_cap', incident: null });
    expect(walk.written('incident_closed')).toMatchObject([
      { closing: { reason: 'stage_attempt_cap', detail: expect.stringContaining('2 stage attempts') } },
    ]);
  });
});

describe('a run that is ended from outside', () => {
  const counts = (walk: Walk) =>
    walk.last.map((change) => ('status' in change ? change.status : change.type));

  test('cancelled during a stage', () => {
    const walk = new Walk(linear).send({ type: 'cancelled' });
    expect(walk.state).toMatchObject({ status: 'cancelled', outcome: 'cancelled' });
    expect(counts(walk)).toEqual(['cancelled']);
  });

  test('cancelled during the wait of a recovery stage', () => {
    const walk = new Walk(healing)
      .decide('daemon_started')
      .breakDown()
      .failToHeal()
      .send({ type: 'cancelled' });
    expect(walk.last).toMatchObject([
      { type: 'recovery_attempt_closed', outcome: 'cancelled' },
      { type: 'stage_attempt_closed', id: 'id-4', status: 'cancelled' },
      { type: 'incident_closed', closing: { reason: 'cancelled' } },
    ]);
  });

  const escalation = { reason: 'crash_loop', detail: 'claimed 3 times without progress' } as const;

  test('abandoned during a stage: an incident says why', () => {
    const walk = new Walk(linear).send({ type: 'abandoned', escalation });
    expect(walk.state).toMatchObject({ status: 'escalated', outcome: 'crash_loop', incident: null });
    expect(walk.last).toMatchObject([
      { type: 'stage_attempt_closed', status: 'failed', failure: { code: 'crash_loop' } },
      { type: 'incident_opened', stageId: 'start' },
      { type: 'incident_escalated', escalation },
    ]);
  });

  test('abandoned during a recovery: its own incident says why', () => {
    const walk = new Walk(healing)
      .decide('daemon_started')
      .breakDown()
      .send({ type: 'abandoned', escalation });
    expect(walk.state).toMatchObject({ status: 'escalated', outcome: 'recovery_failed' });
    expect(counts(walk)).toEqual(['recovery_attempt_closed', 'failed', 'incident_escalated']);
    expect(walk.written('incident_opened')).toHaveLength(1);
  });
});
