import { expect, test } from 'vitest';
import { DavyError, jsonPath, messageOf } from '../../core/errors.ts';

test.each([
  [[], '$'],
  [['stages', 3, 'decisions', 0, 'choice'], 'stages[3].decisions[0].choice'],
  [[0, 'id'], '[0].id'],
])('%j is written %s', (path, text) => {
  expect(jsonPath(path)).toBe(text);
});

test('an error carries what a person needs', () => {
  const cause = new Error('EADDRINUSE');
  const error = new DavyError('port-taken', 'port 3333 is taken', {
    component: 'pool',
    nextStep: 'Move it.',
    cause,
  });
  expect(error).toMatchObject({
    name: 'DavyError',
    code: 'port-taken',
    component: 'pool',
    nextStep: 'Move it.',
    cause,
  });
  expect(new DavyError('x', 'y')).toMatchObject({ component: null, nextStep: null });
});

test('whatever was thrown says something', () => {
  expect(['plain', new Error('an error'), null, 7].map(messageOf)).toEqual([
    'plain',
    'an error',
    'null',
    '7',
  ]);
  const refusals = [new Error('refused at ::1'), new Error('refused at 127.0.0.1')];
  expect(messageOf(new AggregateError(refusals))).toBe('refused at ::1; refused at 127.0.0.1');
  expect(messageOf(new AggregateError(refusals, 'all refused'))).toBe('all refused');
});
