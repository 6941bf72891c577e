import { describe, expect, test } from 'vitest';
import { COMPONENT_ROLES } from '../../../core/component.ts';
import { FAILURES } from '../../../core/failure.ts';
import { STRATEGIES, strategyFor } from '../../../core/strategies/index.ts';
import { diagnosis, planFor } from '../fixtures/situation.ts';

const everyFailure = [
  ...COMPONENT_ROLES.flatMap((role) =>
    [...FAILURES[role], ...FAILURES.any].map((failure) => ({ role, failure })),
  ),
  ...[...FAILURES.environment, ...FAILURES.any].map((failure) => ({ role: 'environment' as const, failure })),
];

test('no two strategies claim the same failure, and each has a name of its own', () => {
  const claims = STRATEGIES.flatMap(({ failures }) =>
    Object.entries(failures).flatMap(([role, types]) => types.map((type) => `${role}: ${type}`)),
  );
  expect(claims).toHaveLength(new Set(claims).size);
  expect(new Set(STRATEGIES.map(({ name }) => name)).size).toBe(STRATEGIES.length);
});

describe('every failure has a plan', () => {
  test.each(everyFailure)('$role: $failure', ({ role, failure }) => {
    const plan = planFor(role, failure);
    if (plan.kind === 'hopeless') {
      expect(plan.escalation.detail).toMatch(/^\S+: \w+ \(it was seen\)\. \S/);
    } else {
      expect(plan.rungs.length).toBeGreaterThan(0);
      for (const { verifySeconds, actions } of plan.rungs) {
        expect(verifySeconds).toBeGreaterThan(0);
        expect(actions.length).toBeGreaterThan(0);
      }
    }
  });
});

test('only what a person must decide goes to a person at once', () => {
  const hopeless = everyFailure.filter(({ role, failure }) => planFor(role, failure).kind === 'hopeless');
  expect(hopeless.map(({ role, failure }) => `${role}: ${failure}`)).toEqual([
    'daemon: port_conflict',
    'daemon: lock_held',
    'daemon: bad_config',
    'daemon: incompatible',
    'daemon: resource_exhausted',
    'daemon: missing_dependencies',
    'pool: incompatible',
    'pool: bad_config',
    'pool: resource_exhausted',
    'pool: missing_dependencies',
    'pool: unknown',
    'miner: unauthorized',
    'miner: bad_config',
    'miner: resource_exhausted',
    'miner: missing_dependencies',
    'miner: unknown',
    'environment: cascading',
    'environment: stale_lock',
    'environment: resource_exhausted',
    'environment: missing_dependencies',
    'environment: unknown',
  ]);
});

test.each([
  ['daemon', 'incompatible', 'critical_error', /no restart mends this/],
  ['daemon', 'port_conflict', 'critical_error', /change the daemon's port/],
  ['daemon', 'lock_held', 'critical_error', /directory of its own/],
  ['pool', 'bad_config', 'critical_error', /Correct the configuration file/],
  ['environment', 'missing_dependencies', 'critical_error', /Install what is missing/],
  ['environment', 'resource_exhausted', 'resource_exhausted', /Free the resource/],
  ['miner', 'unauthorized', 'critical_error', /login in davy\.json/],
] as const)('%s: %s says %s and what to do next', (role, failure, reason, nextStep) => {
  expect(planFor(role, failure)).toMatchObject({
    kind: 'hopeless',
    escalation: { reason, detail: expect.stringMatching(nextStep) },
  });
});

test('what nobody claims is for a person', () => {
  expect(strategyFor(diagnosis('environment', 'cascading')).name).toBe('needs-person');
});
