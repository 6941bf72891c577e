import { describe, expect, test } from 'vitest';
import { isRecoveryStage, reachableFrom, recoveryStageFor, route, stageOf } from '../../core/pipeline.ts';
import { forward, healing, linear, pipelineOf } from './fixtures/pipelines.ts';

describe('where a decision leads', () => {
  test.each([
    ['to the next stage', 'start', 'daemon_started', { kind: 'stage', stageId: 'verify' }],
    ['to recovery', 'verify', 'connection_failed', { kind: 'recovery', stageId: 'recover' }],
    ['back from recovery', 'recover', 'environment_reset', { kind: 'stage', stageId: 'verify' }],
    ['to a good end', 'mine', 'miner_configured', { kind: 'end', ending: 'succeeded' }],
    ['to an escalated end', 'recover', 'recovery_failed', { kind: 'end', ending: 'escalated' }],
    ['nowhere: negative', 'start', 'daemon_failed', { kind: 'failed', code: 'negative_decision' }],
    ['nowhere: declared, not routed', 'recover', 'error', { kind: 'failed', code: 'unrouted_decision' }],
    [
      'nowhere: not declared',
      'start',
      'connection_verified',
      { kind: 'failed', code: 'undeclared_decision' },
    ],
    [
      'nowhere: a word of JavaScript',
      'start',
      'constructor',
      { kind: 'failed', code: 'undeclared_decision' },
    ],
    ['nowhere: nothing at all', 'start', '', { kind: 'failed', code: 'undeclared_decision' }],
  ])('%s', (_, stageId, decision, expected) => {
    expect(route(healing, stageId, decision)).toMatchObject(expected);
  });

  test('a positive decision without a connection fails the stage, and is not the first edge', () => {
    const pipeline = pipelineOf({ verify: 'daemon_pool_connector/verify_connection' }, [
      'verify -connection_failed-> end',
    ]);
    expect(route(pipeline, 'verify', 'connection_verified')).toMatchObject({
      kind: 'failed',
      code: 'unrouted_decision',
    });
  });

  test('a declared decision of a name that JavaScript knows ends a run as a positive one', () => {
    const does = 'daemon_pool_connector/verify_connection';
    const pipeline = pipelineOf({ verify: { does, decisions: ['connection_verified', 'constructor'] } }, [
      'verify -constructor-> end',
    ]);
    expect(route(pipeline, 'verify', 'constructor')).toEqual({ kind: 'end', ending: 'succeeded' });
  });

  test('a stage that is not there is a mistake of ours', () => {
    expect(() => route(healing, 'nowhere', 'x')).toThrow(RangeError);
  });
});

test('the recovery stage of a stage is the one that any of its decisions leads to', () => {
  expect(recoveryStageFor(healing, 'verify')).toBe('recover');
  expect(recoveryStageFor(healing, 'start')).toBeNull();
  expect(recoveryStageFor(linear, 'verify')).toBeNull();
  expect(isRecoveryStage(stageOf(healing, 'recover'))).toBe(true);
  expect(isRecoveryStage(stageOf(healing, 'verify'))).toBe(false);
});

test('the way ahead can be followed through recovery, or only up to it', () => {
  expect([...reachableFrom(forward, 'verify')].sort()).toEqual(['mine', 'recover', 'verify']);
  expect([...reachableFrom(healing, 'start')].sort()).toEqual(['mine', 'recover', 'start', 'verify']);
  expect([...reachableFrom(forward, 'recover', isRecoveryStage)]).toEqual(['recover']);
  expect([...reachableFrom(linear, 'mine')]).toEqual(['mine']);
});
