import { describe, expect, test } from 'vitest';
import type { Crash } from '../../../worker/crashes.ts';
import { down, stackWith } from '../../core/fixtures/observation.ts';
import { recoverSeeing } from './support.ts';

const crashed = (key = 'boot/200/1') => ({
  process: {
    state: 'down',
    exit: { exitCode: null, signal: 'SIGKILL', at: '2026-01-01T00:00:01.000Z' },
    crash: { key },
  } as const,
});
const never = async () => {
  throw new Error('nobody asked for a reset');
};
const descriptors = { resources: { descriptorsUsedRatio: 0.9 } };

describe('a crash loop', () => {
  test('goes to a person before anything is started once more', async () => {
    const counted: Crash[] = [];
    const report = await recoverSeeing(
      [{ ...stackWith({ pool: crashed() }), at: '2026-01-01T00:00:02.000Z' }],
      {
        recordCrash: async (crash) => counted.push(crash) + 3,
      },
    );
    expect(report).toMatchObject({
      outcome: { kind: 'hopeless', escalation: { reason: 'crash_loop' } },
      cause: { component: 'pool', failure: 'process_down' },
      strategy: 'crash-loop',
      actions: [],
    });
    expect(counted).toEqual([{ component: 'pool', key: 'boot/200/1', happenedMsAgo: 1_000 }]);
  });

  test('is no reason for a reset', async () => {
    const report = await recoverSeeing([stackWith({ pool: crashed() })], {
      mode: 'last_resort',
      reset: never,
      recordCrash: async () => 4,
    });
    expect(report.outcome).toMatchObject({ kind: 'hopeless', escalation: { reason: 'crash_loop' } });
  });

  test('a start that never came to work is a failed rung and no crash', async () => {
    const report = await recoverSeeing([stackWith({ pool: down(1) }), stackWith()], { recordCrash: never });
    expect(report.outcome).toEqual({ kind: 'healed', reset: false });
  });
});

describe('what ran out', () => {
  test.each([
    ['of a healthy stack', descriptors],
    ['beside a crash loop', { ...descriptors, daemon: crashed(), pool: crashed('boot/201/1') }],
    ['beside what nobody knows', { ...descriptors, pool: { stratum: null } }],
  ])('%s goes to a person at once, and never to a reset', async (_, trouble) => {
    for (const mode of ['targeted', 'last_resort'] as const)
      expect(
        await recoverSeeing([stackWith(trouble)], { mode, reset: never, recordCrash: async () => 9 }),
      ).toMatchObject({
        outcome: { kind: 'hopeless', escalation: { reason: 'resource_exhausted' } },
        cause: { component: 'environment', failure: 'resource_exhausted' },
        actions: [],
      });
  });

  test('is seen when it comes up between two attempts', async () => {
    const broken = { pool: { stratum: null } };
    const report = await recoverSeeing([
      stackWith({ pool: down(1) }),
      stackWith({ ...broken, ...descriptors }),
    ]);
    expect(report.outcome).toMatchObject({ escalation: { reason: 'resource_exhausted' } });
  });

  test('in the stage that failed, explains what is seen afterwards', async () => {
    const raised = { code: 'resource_exhausted', message: 'EMFILE: too many open files' };
    expect(await recoverSeeing([stackWith({ pool: { stratum: null } })], { raised })).toMatchObject({
      outcome: { kind: 'hopeless', escalation: { reason: 'resource_exhausted' } },
      cause: { evidence: ['EMFILE: too many open files'] },
    });
  });
});

describe('several causes', () => {
  const killed = { miner: down(null, 'SIGKILL') };
  const warming = { daemon: { rpc: { kind: 'warming_up', detail: '-28' }, template: null } } as const;
  const both = stackWith({ ...warming, ...killed });
  const minerAlone = stackWith(killed);

  test('are one incident that names each, repaired in the order in which one needs the other', async () => {
    const report = await recoverSeeing([both, minerAlone, minerAlone, stackWith()]);
    expect(report).toMatchObject({
      outcome: { kind: 'healed', reset: false, gravity: 'cascading_failure' },
      cause: {
        component: 'environment',
        failure: 'cascading',
        evidence: [
          expect.stringMatching(/^daemon: warming_up/),
          expect.stringMatching(/^miner-1: process_down/),
        ],
      },
    });
    // What is healthy is left alone: nothing touches the pool.
    expect(report.actions.map((action) => [action.type, 'component' in action && action.component])).toEqual([
      ['wait', 'daemon'],
      ['stop', 'miner-1'],
      ['clear_stale_locks', 'miner-1'],
      ['redirect_miners', false],
      ['start', 'miner-1'],
    ]);
  });

  test('have the reset as their last resort, where it is allowed', async () => {
    let resets = 0;
    const reset = async () => {
      resets++;
    };
    const refused = { daemon: { rpc: { kind: 'refused', detail: 'refused' }, template: null } } as const;
    const context = { mode: 'last_resort', reset } as const;
    const report = await recoverSeeing([stackWith({ ...refused, ...killed }), stackWith()], context);
    expect(report).toMatchObject({ outcome: { kind: 'healed', reset: true }, strategy: 'environment-reset' });
    expect(resets).toBe(1);
  });

  test('are not reset where the daemon loads its blocks', async () => {
    const report = await recoverSeeing([both, stackWith()], { mode: 'last_resort', reset: never });
    expect(report).toMatchObject({ outcome: { kind: 'healed', reset: false } });
  });

  test('are not reset where a person must mend one of them', async () => {
    const refused = { miner: { connection: 'unauthorized' } } as const;
    const report = await recoverSeeing(
      [stackWith({ pool: { stratum: null }, ...killed }), stackWith(refused)],
      {
        mode: 'last_resort',
        reset: never,
      },
    );
    expect(report.outcome).toMatchObject({ kind: 'hopeless', escalation: { reason: 'critical_error' } });
  });
});

test('a symptom goes by itself once its cause is repaired: nothing restarts what is healthy', async () => {
  const lost = { pool: { stratum: { kind: 'no_job', step: 'notify', detail: '' } } } as const;
  const warming = { daemon: { rpc: { kind: 'warming_up', detail: '-28' }, template: null } } as const;
  const after = stackWith(lost);
  const report = await recoverSeeing([stackWith({ ...warming, ...lost }), after, after, after, stackWith()]);
  expect(report.outcome).toEqual({ kind: 'healed', reset: false });
  expect(report.actions.map(({ type }) => type)).toEqual(['wait']);
});
