import { describe, expect, test } from 'vitest';
import { isFinished } from '../../../core/run.ts';
import { resumeRun } from '../../../core/transition.ts';
import { forward, healing, linear, pipelineOf } from '../fixtures/pipelines.ts';
import { Walk } from '../fixtures/walk.ts';

function resumed(walk: Walk, attempted: string[] = []) {
  if (!isFinished(walk.state)) throw new Error(`it is ${walk.state.status}`);
  return resumeRun(walk.state, walk.context, attempted);
}

const verify = 'daemon_pool_connector/verify_connection';
const recover = 'error_recovery_agent/recover';
const escalation = { reason: 'critical_error', detail: 'a person is needed' } as const;
const abandon = { type: 'abandoned', escalation } as const;

describe('a run is resumed', () => {
  test.each<[string, Walk, object]>([
    ['where its stage was given up', new Walk(linear).decide('daemon_started').send(abandon), { verify: 2 }],
    [
      'where the stage failed whose repair was given up',
      new Walk(healing).decide('daemon_started', 'connection_failed').failToHeal(4),
      { verify: 2, recover: 1 },
    ],
    [
      'where the recovery stage leads to nothing',
      new Walk(
        pipelineOf({ verify, recover }, [
          'verify -connection_verified-> end',
          'verify -connection_failed-> recover',
        ]),
      )
        .decide('connection_failed')
        .heal(),
      { verify: 2 },
    ],
    [
      'where it failed without recovery',
      new Walk(linear, { enabled: false }).decide('daemon_started').breakDown(),
      { verify: 2 },
    ],
  ])('%s', (_, walk, attempts) => {
    const next = resumed(walk);
    const [stageId = ''] = Object.keys(attempts);
    expect(next?.state).toMatchObject({
      status: 'queued',
      incident: null,
      work: { stageId, purpose: 'flow' },
    });
    expect(next?.state.attempts).toMatchObject(attempts);
    expect(next?.changes).toMatchObject([{ type: 'stage_attempt_opened', stageId, number: 2 }]);
  });

  test('in the check that it was at, and goes on from there', () => {
    const walk = new Walk(forward).decide('daemon_started', 'connection_failed').heal().send(abandon);
    expect(resumed(walk)?.state).toMatchObject({
      work: { stageId: 'verify', purpose: 'recheck' },
      continuation: { kind: 'stage', stageId: 'mine' },
    });
  });

  test('by a recovery, where it began with one', () => {
    const pipeline = pipelineOf({ recover }, ['recover -recovery_successful-> end']);
    const next = resumed(new Walk(pipeline).failToHeal(4));
    expect(next?.state).toMatchObject({
      status: 'recovering',
      work: { number: 1, recoveryStage: { stageId: 'recover' } },
      attempts: { recover: 2 },
    });
  });

  test('where an earlier version, which kept no place, attempted a stage last', () => {
    const walk = new Walk(healing).decide('daemon_started', 'connection_failed').failToHeal(4);
    const { resumeFrom: _, ...state } = { ...walk.state } as typeof walk.state & { resumeFrom?: unknown };
    walk.state = state;
    expect(resumed(walk, ['start', 'verify', 'recover'])?.state).toMatchObject({
      work: { stageId: 'verify' },
    });
    expect(resumed(walk)?.state).toMatchObject({ work: { stageId: 'start' } });
  });

  test('not where its stage attempts are used up', () => {
    expect(resumed(new Walk(linear, { maxStageAttempts: 1 }).decide('daemon_started'))).toBeNull();
    expect(resumed(new Walk(linear, { maxStageAttempts: 1 }).send(abandon))).toBeNull();
    expect(resumed(new Walk(linear, { maxStageAttempts: 2 }).send(abandon))).not.toBeNull();
  });

  test('not where it succeeded or was cancelled', () => {
    const done = new Walk(linear).decide('daemon_started', 'connection_verified', 'miner_configured');
    expect(() => resumed(done)).toThrow('succeeded');
    expect(() => resumed(new Walk(linear).send({ type: 'cancelled' }))).toThrow('cancelled');
  });
});

test('what had failed and not passed since must pass in a resumed run', () => {
  // `verify` fails and is healed; on the way back to it `start` is given up.
  const stages = { start: 'bitcoin_daemon_manager/start_daemon', verify, recover };
  const pipeline = pipelineOf(stages, [
    'start -daemon_started-> verify',
    'verify -connection_verified-> end',
    'verify -connection_failed-> recover',
    'recover -recovery_successful-> start',
  ]);
  const walk = new Walk(pipeline).decide('daemon_started', 'connection_failed').heal().send(abandon);
  expect(walk.state).toMatchObject({ resumeFrom: { stageId: 'start', unproven: ['verify'] } });
  const next = resumed(walk);
  expect(next?.state).toMatchObject({ work: { stageId: 'start' }, incident: { unproven: ['verify'] } });
  expect(next?.changes.map(({ type }) => type)).toEqual(['incident_opened', 'stage_attempt_opened']);
});
