import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../core/run.ts';
import { startRun, transition } from '../../../core/transition.ts';
import { healing, linear, pipelineOf } from '../fixtures/pipelines.ts';
import { POLICY, Walk } from '../fixtures/walk.ts';

const start = 'bitcoin_daemon_manager/start_daemon';
const verify = 'daemon_pool_connector/verify_connection';

describe('a run that meets no trouble', () => {
  test('is queued for its first stage', () => {
    const walk = new Walk(linear);
    expect(walk.state).toEqual({
      status: 'queued',
      work: { kind: 'stage', attemptId: 'id-1', stageId: 'start', purpose: 'flow' },
      attempts: { start: 1 },
      incident: null,
      continuation: null,
    });
    expect(walk.last).toEqual([
      { type: 'stage_attempt_opened', id: 'id-1', stageId: 'start', number: 1, purpose: 'flow' },
    ]);
  });

  test('says when it begins, once more after a crash', () => {
    const walk = new Walk(linear).send({ type: 'begun' });
    expect(walk.state.status).toBe('running');
    expect(walk.last).toEqual([{ type: 'stage_attempt_begun', id: 'id-1' }]);
    const before = walk.state;
    expect(walk.send({ type: 'begun' }).state).toEqual(before);
  });

  test('goes from stage to stage and keeps its final decision', () => {
    const walk = new Walk(linear).decide('daemon_started');
    expect(walk.state).toMatchObject({ status: 'running', work: { stageId: 'verify' } });
    expect(walk.last).toEqual([
      {
        type: 'stage_attempt_closed',
        id: 'id-1',
        status: 'succeeded',
        decision: 'daemon_started',
        failure: null,
      },
      { type: 'stage_attempt_opened', id: 'id-2', stageId: 'verify', number: 1, purpose: 'flow' },
    ]);
    walk.decide('connection_verified', 'miner_configured');
    expect(walk.state).toMatchObject({ status: 'succeeded', work: null, outcome: 'miner_configured' });
    expect(walk.written('incident_opened')).toEqual([]);
  });

  test('leaves the state it was given as it is', () => {
    const { state } = new Walk(linear);
    const before = structuredClone(state);
    transition(state, { type: 'stage_decided', decision: 'nonsense' }, new Walk(linear).context);
    expect(state).toEqual(before);
  });

  test('keeps its numbers for a stage whose name JavaScript knows too', () => {
    const odd = pipelineOf({ constructor: start, toString: verify }, [
      'constructor -daemon_started-> toString',
      'toString -connection_verified-> constructor',
    ]);
    const walk = new Walk(odd).decide('daemon_started', 'connection_verified');
    expect(walk.state.attempts).toEqual({ constructor: 2, toString: 1 });
  });
});

describe('how a run ends at null', () => {
  const ending = (route: string, decision: string) => {
    const pipeline = pipelineOf({ verify }, [route]);
    return new Walk(pipeline).decide(decision).state;
  };

  test.each([
    ['verify -connection_verified-> end', 'connection_verified', 'succeeded'],
    ['verify -connection_failed-> end', 'connection_failed', 'failed'],
    ['verify -connection_failed-> end(succeeded)', 'connection_failed', 'succeeded'],
    ['verify -connection_verified-> end(failed)', 'connection_verified', 'failed'],
  ])('%s', (route, decision, status) => {
    expect(ending(route, decision)).toMatchObject({ status, outcome: decision });
  });

  test('a recovery that is a pipeline of its own ends as its recovery ends', () => {
    const reset = pipelineOf({ reset: 'error_recovery_agent/recover' }, [
      'reset -recovery_successful-> end',
      'reset -environment_reset-> end',
      'reset -recovery_failed-> end',
    ]);
    const walk = new Walk(reset);
    expect(walk.state).toMatchObject({ status: 'recovering', work: { number: 1 }, attempts: { reset: 1 } });
    expect(walk.heal(true).state).toMatchObject({ status: 'succeeded', outcome: 'environment_reset' });
    expect(walk.written('incident_resolved')).toHaveLength(1);

    const hopeless = new Walk(reset).failToHeal(4);
    expect(hopeless.state).toMatchObject({ status: 'escalated', outcome: 'recovery_failed' });
  });
});

describe('events that a state does not expect', () => {
  const wrong: [string, Walk, RunEvent][] = [
    [
      'a recovery result for a stage',
      new Walk(linear),
      { type: 'recovery_finished', outcome: { kind: 'healed', reset: false } },
    ],
    [
      'a decision during a recovery',
      new Walk(linear).breakDown(),
      { type: 'stage_decided', decision: 'daemon_started' },
    ],
    [
      'a failure during a recovery',
      new Walk(linear).breakDown(),
      { type: 'stage_failed', failure: { code: 'x', message: 'x' } },
    ],
    ['anything after the end', new Walk(linear).send({ type: 'cancelled' }), { type: 'begun' }],
  ];

  test.each(wrong)('%s', (_, walk, event) => {
    expect(() => walk.send(event)).toThrow(RangeError);
  });

  test('a pipeline without stages cannot start', () => {
    const context = { ...new Walk(healing).context, pipeline: { ...healing, stages: [] } };
    expect(() => startRun({ ...context, policy: POLICY })).toThrow(RangeError);
  });
});
