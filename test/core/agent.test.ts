import { describe, expect, test } from 'vitest';
import {
  AGENTS,
  actionOf,
  choosesOwnWords,
  decisionFor,
  isAgent,
  mutates,
  polarityOf,
} from '../../core/agent.ts';
import { isMutating, type Stage } from '../../core/pipeline.ts';
import { pipelineOf } from './fixtures/pipelines.ts';

const stage = (agent: string, choices: string[], action?: string): Stage => ({
  id: 'it',
  name: 'it',
  agent,
  description: '',
  inputs: [],
  decisions: choices.map((choice) => ({ choice, description: '' })),
  ...(action === undefined ? {} : { action }),
});

const everyAction = Object.entries(AGENTS).flatMap(([agent, actions]) =>
  Object.entries(actions).map(([action, { decisions }]) => ({ agent, action, decisions })),
);
const deciding = everyAction.filter(({ agent }) => agent !== 'command_runner');

describe('every action', () => {
  test.each(everyAction)(
    '$agent/$action follows from its decisions alone',
    ({ agent, action, decisions }) => {
      expect(isAgent(agent)).toBe(true);
      for (const choice of Object.keys(decisions)) expect(actionOf(stage(agent, [choice]))).toBe(action);
    },
  );

  test.each(deciding)('$agent/$action has a word for success and one for failure', ({ agent, decisions }) => {
    const all = stage(agent, Object.keys(decisions));
    const success = decisionFor(all, 'positive');
    expect(success).not.toBeNull();
    expect(decisionFor(all, 'negative') ?? decisionFor(all, 'escalation')).not.toBeNull();
    expect(decisions).toHaveProperty([success ?? ''], 'positive');
  });
});

describe('the action of a stage', () => {
  test('is the one it names, before what its decisions say', () => {
    expect(actionOf(stage('wallet_manager', ['wallet_funded'], 'verify_reward'))).toBe('verify_reward');
  });

  test.each([
    ['of an agent that is not there', stage('ghost_hunter', ['found'])],
    ['that its agent cannot do', stage('wallet_manager', ['wallet_funded'], 'start_pool')],
    ['that no decision tells', stage('wallet_manager', ['flown'])],
    ['that JavaScript knows', stage('wallet_manager', ['flown'], 'constructor')],
  ])('is none: %s', (_, unknown) => {
    expect(actionOf(unknown)).toBeNull();
    expect(mutates(unknown)).toBe(true);
    expect(decisionFor(unknown, 'positive')).toBeNull();
  });
});

test('only a command chooses among the words of its stage, which mean nothing by themselves', () => {
  const own = stage('command_runner', ['fine', 'failed']);
  expect(actionOf(own)).toBe('run_command');
  expect(choosesOwnWords(own)).toBe(true);
  expect(mutates(own)).toBe(true);
  expect(decisionFor(own, 'positive')).toBeNull();
  expect(decisionFor(own, 'negative')).toBeNull();
  expect(polarityOf(own, 'failed')).toBe('positive');
  const others = deciding.map(({ agent, action, decisions }) => stage(agent, Object.keys(decisions), action));
  expect(others.filter(choosesOwnWords)).toEqual([]);
});

describe('the polarity of a decision', () => {
  test.each([
    ['daemon_pool_connector', 'connection_verified', 'positive'],
    ['daemon_pool_connector', 'connection_failed', 'negative'],
    ['error_recovery_agent', 'environment_reset', 'positive'],
    ['error_recovery_agent', 'recovery_failed', 'escalation'],
    ['error_recovery_agent', 'error', 'escalation'],
    ['daemon_pool_connector', 'toString', 'positive'],
  ])('%s: %s is %s', (agent, choice, polarity) => {
    expect(polarityOf(stage(agent, [choice]), choice)).toBe(polarity);
  });

  test('an executor never says a word that its action does not know', () => {
    const own = stage('daemon_pool_connector', [
      'shrugged',
      'connection_verified',
      'sighed',
      'connection_failed',
    ]);
    expect(decisionFor(own, 'positive')).toBe('connection_verified');
    expect(decisionFor(own, 'negative')).toBe('connection_failed');
    expect(decisionFor(own, 'escalation')).toBeNull();
  });
});

test('a pipeline that only looks holds no environment', () => {
  const look = { check: 'cycle_integration_tester/check_health' };
  expect(isMutating(pipelineOf(look, ['check -healthy-> end']))).toBe(false);
  const touch = { ...look, start: 'bitcoin_daemon_manager/start_daemon' };
  expect(isMutating(pipelineOf(touch, ['check -healthy-> start']))).toBe(true);
});
