import { expect, test } from 'vitest';
import { diagnoseStage } from '../../../core/diagnosis/stage.ts';

test.each([
  ['missing_dependencies', 'missing_dependencies'],
  ['bad_config', 'bad_config'],
  ['unsafe', 'bad_config'],
  ['undeclared_decision', 'bad_config'],
  ['unrouted_decision', 'bad_config'],
])('a stage that failed with %s is conclusive: %s', (code, failure) => {
  expect(diagnoseStage({ code, message: 'its reason' })).toEqual({
    component: 'environment',
    role: 'environment',
    failure,
    evidence: ['its reason'],
  });
});

test.each(['timeout', 'connection_failed', 'negative_decision', 'error', '', 'constructor', 'toString'])(
  'a stage that failed with "%s" proves nothing',
  (code) => {
    expect(diagnoseStage({ code, message: 'its reason' })).toBeNull();
  },
);
