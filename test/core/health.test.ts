import { expect, test } from 'vitest';
import { healthOf } from '../../core/health.ts';
import { stackWith } from './fixtures/observation.ts';

test('the health of a stack is what diagnosis says, next to every component', () => {
  const observation = stackWith();
  expect(healthOf(observation)).toMatchObject({ healthy: true, diagnoses: [] });
  expect(healthOf(observation).components.map(({ failure }) => failure)).not.toContain('process_down');
  const down = { ...observation.pool, process: { state: 'down' as const, exit: null, crash: null } };
  const health = healthOf({ ...observation, pool: down });
  expect(health.healthy).toBe(false);
  expect(health.diagnoses[0]).toMatchObject({ component: 'pool' });
  expect(health.components.find(({ name }) => name === 'pool')).toEqual({
    name: 'pool',
    role: 'pool',
    desired: 'running',
    state: 'down',
    pid: null,
    detail: null,
    figures: {},
    failure: 'process_down',
  });
  expect(health.components.map(({ role }) => role)).toContain('miner');
});

test('the figures of a component are those that its look saw', () => {
  const figures = healthOf(stackWith()).components.map((component) => [component.role, component.figures]);
  expect(figures).toEqual(
    expect.arrayContaining([
      ['daemon', { height: expect.any(Number), peers: expect.any(Number) }],
      ['pool', { stratumPort: expect.any(Number) }],
      [
        'miner',
        expect.objectContaining({ acceptedShares: expect.any(Number), rejectedShares: expect.any(Number) }),
      ],
    ]),
  );
});
