import { expect, test } from 'vitest';
import { notSetUp } from '../../cli/drill/not-set-up.ts';
import { environmentWith } from '../core/fixtures/situation.ts';

const stack = {
  environmentId: 'none',
  environment: environmentWith({}),
  directory: '/srv/real',
  stateDirectory: '/srv/real/state',
};

const run = {
  id: 'run-1',
  pipelineName: 'mining-infrastructure-setup',
  createdAt: '2026-01-01T00:00:00.000Z',
  finished: true,
  status: 'escalated',
};

const incident = {
  id: 'i',
  component: 'pool',
  failure: 'bad_config',
  status: 'escalated',
  evidence: ['line 3 is not valid JSON'],
  detectedAt: '2026-01-01T00:00:00.000Z',
  recoveryAttempts: [],
} as const;

test('a stack that could not be set up is told with component, reason and next step', () => {
  const name = stack.environment.name;
  const seen = { ...incident, evidence: [...incident.evidence], recoveryAttempts: [] };
  expect(notSetUp(stack, { ...run, incidents: [seen] })).toMatchObject({
    component: 'pool',
    message: `${name} could not be set up: pool: bad_config (line 3 is not valid JSON)`,
    nextStep: expect.stringContaining('davy run mining-infrastructure-setup'),
  });
  const escalation = { reason: 'critical_error', detail: 'pool: bad_config. Correct the file.' };
  expect(notSetUp(stack, { ...run, incidents: [{ ...seen, escalation }] }).message).toContain(
    escalation.detail,
  );
  expect(notSetUp(stack, { ...run, incidents: [] })).toMatchObject({
    component: 'environment',
    message: `${name} could not be set up: the run of its setup is escalated`,
  });
});
