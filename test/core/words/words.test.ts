import { expect, test } from 'vitest';
import { COMPONENT_ROLES } from '../../../core/component.ts';
import { CLOSING_WORDS, ESCALATION_REASONS } from '../../../core/escalation.ts';
import { FAILURES } from '../../../core/failure.ts';
import { RUN_STATUSES } from '../../../core/run.ts';
import { actionPhrase } from '../../../core/words/action.ts';
import { decisionSentence } from '../../../core/words/decision.ts';
import { escalationSentence } from '../../../core/words/escalation.ts';
import { failureSentence, nextStepSentence } from '../../../core/words/failure.ts';
import { resetTypeSentence } from '../../../core/words/reset.ts';
import {
  incidentStatusWord,
  runStatusSentence,
  runStatusWord,
  stageStatusWord,
} from '../../../core/words/run.ts';
import { strategyPhrase } from '../../../core/words/strategy.ts';
import { duration, oneLine, sentence } from '../../../core/words/text.ts';
import { waitingPhrase } from '../../../core/words/waiting.ts';

/** What can be read to somebody over a telephone. */
const SENTENCE = /^[A-Z][^_]*[.!]$/;
const LENGTH_MAX = 130;

const everyFailure = [
  ...COMPONENT_ROLES.flatMap((role) =>
    [...FAILURES[role], ...FAILURES.any].map(
      (failure) => [role === 'miner' ? 'miner-1' : role, failure] as const,
    ),
  ),
  ...[...FAILURES.environment, ...FAILURES.any, 'bad_config'].map(
    (failure) => ['environment', failure] as const,
  ),
];

test.each(everyFailure)('%s %s is said in sentences, and what to do', (component, failure) => {
  for (const said of [failureSentence(component, failure), nextStepSentence(component, failure)]) {
    expect(said).toMatch(/^([A-Z]|miner-1 ).*\.$/);
    expect(said.length).toBeLessThanOrEqual(LENGTH_MAX);
  }
});

test('a failure is told of the component that has it', () => {
  expect(failureSentence('pool', 'stratum_port_conflict')).toBe(
    'The pool cannot listen: another program holds its Stratum port.',
  );
  expect(failureSentence('miner-1', 'process_down')).toBe('miner-1 is not running.');
  expect(failureSentence('peer-2', 'warming_up')).toBe('peer-2 is still loading its blocks.');
  expect(failureSentence('environment', 'missing_dependencies')).toBe(
    'The stack lacks a program or library that it needs.',
  );
  expect(failureSentence(null, null)).toBe('Something failed; the cause is not known yet.');
});

test('the same failure of another layer asks for another step', () => {
  expect(nextStepSentence('pool', 'rpc_unauthorized')).not.toBe(
    nextStepSentence('daemon', 'rpc_unauthorized'),
  );
});

test.each(RUN_STATUSES)('the status %s has a word and a sentence', (status) => {
  expect(runStatusWord(status)).toMatch(/^[a-z ]+$/);
  expect(runStatusSentence(status)).toMatch(SENTENCE);
});

test.each([...ESCALATION_REASONS, ...CLOSING_WORDS])('%s says why', (reason) => {
  expect(escalationSentence(reason)).toMatch(SENTENCE);
});

test('an incident that ended unrepaired calls a person, or does not', () => {
  expect(incidentStatusWord('escalated', { reason: 'crash_loop' })).toBe('needs a person');
  expect(incidentStatusWord('escalated', { reason: 'cancelled' })).toBe('left unrepaired');
  expect(incidentStatusWord('resolved')).toBe('repaired');
});

test('actions are told with what they are done to', () => {
  const told = [
    { type: 'move_stratum_port', component: 'pool', port: 13333 },
    { type: 'stop', component: 'miner-1', force: true },
    { type: 'start', component: 'daemon', reindex: false },
    { type: 'redirect_miners' },
    { type: 'reset', step: 'stop pool' },
    { type: 'reset', step: 'fund' },
  ].map(actionPhrase);
  expect(told).toEqual([
    'move the pool to Stratum port 13333',
    'stop miner-1 by force',
    'start the daemon',
    'point the miners at the pool',
    'stop the pool',
    'mine the first blocks of the new chain',
  ]);
});

test('a wait is told with the times of its reader', () => {
  const at = () => 'noon';
  expect(waitingPhrase({ kind: 'retry', at: '2026-01-01T12:00:00Z' }, at)).toBe(
    'waits for its next recovery attempt at noon',
  );
  expect(waitingPhrase({ kind: 'worker', host: 'rig-1', lastSeenAt: null })).toBe(
    'waits for the worker of host rig-1, never seen',
  );
  const lost = { environment: 'lab', host: 'rig-1', lastSeenAt: '2026-01-01T12:00:00Z' };
  expect(waitingPhrase({ kind: 'environment', ...lost }, at)).toBe(
    'waits for environment lab, which the worker of host rig-1 has not found since noon',
  );
});

test('what is not known, as of a newer version or of an own pipeline, is still said', () => {
  expect([
    decisionSentence('not_announced'),
    strategyPhrase('sing-to-it'),
    actionPhrase({ type: 'sing_to', component: 'pool' }),
    actionPhrase({ type: 'constructor' }),
    failureSentence('pool', 'toString'),
    nextStepSentence('pool', 'sulking'),
    runStatusWord('on_hold'),
    stageStatusWord('__proto__'),
    escalationSentence('full_moon'),
    resetTypeSentence('gentle'),
  ]).toEqual([
    'Not announced.',
    'sing to it',
    'sing to pool',
    'constructor',
    'The pool has a failure: toString.',
    'Read the evidence and the logs: no rule knows this failure.',
    'on hold',
    'proto',
    'It ended unrepaired: full moon.',
    'A reset of the type gentle.',
  ]);
});

test('durations, and the text of others', () => {
  expect([0.4, 999, 1_000, 59_949, 59_950, 125_000, 7_260_000].map(duration)).toEqual([
    '0 ms',
    '999 ms',
    '1.0 s',
    '59.9 s',
    '1 min 0 s',
    '2 min 5 s',
    '2 h 1 min',
  ]);
  expect(oneLine('a\u001b]0;x\u0007b\u202ec\n')).toBe('a ]0;x b c');
  expect(sentence('stop the pool')).toBe('Stop the pool.');
});
