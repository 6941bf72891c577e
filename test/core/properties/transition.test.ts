import fc from 'fast-check';
import { describe, test } from 'vitest';
import { findStage, isRecoveryStage, type Pipeline } from '../../../core/pipeline.ts';
import type { RecoveryPolicy } from '../../../core/recovery.ts';
import { FINAL_STATUSES, isFinished, type RunEvent, type RunStatus } from '../../../core/run.ts';
import { type Fate, fates, pipelines, policies } from './generators.ts';
import { insist, Ledger } from './ledger.ts';
import { type Step, simulate } from './simulation.ts';

/** `DAVY_SEED=<seed> npx vitest run test/core/properties` repeats a run. */
const seed = Number(process.env.DAVY_SEED ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env.DAVY_PROPERTY_RUNS ?? 1_000);

function holdsForEveryRun(check: (steps: Step[], pipeline: Pipeline, policy: RecoveryPolicy) => void): void {
  const property = fc.property(pipelines, policies, fates, (pipeline, policy, given: Fate[]) =>
    check(simulate(pipeline, policy, given), pipeline, policy),
  );
  fc.assert(property, { seed, numRuns });
}

/** Which states may follow which, by the event that leads there. */
const ANYTHING: RunStatus[] = ['running', 'recovering', 'waiting_retry', 'succeeded', 'failed', 'escalated'];
const STATE_TABLE: Record<RunEvent['type'], Partial<Record<RunStatus, RunStatus[]>>> = {
  begun: {
    queued: ['running'],
    running: ['running'],
    recovering: ['recovering'],
    waiting_retry: ['recovering'],
  },
  stage_decided: { queued: ANYTHING, running: ANYTHING },
  stage_failed: {
    queued: ['recovering', 'waiting_retry', 'failed', 'escalated'],
    running: ['recovering', 'waiting_retry', 'failed', 'escalated'],
  },
  recovery_finished: { recovering: ANYTHING, waiting_retry: ANYTHING },
  cancelled: {
    queued: ['cancelled'],
    running: ['cancelled'],
    recovering: ['cancelled'],
    waiting_retry: ['cancelled'],
  },
  abandoned: {
    queued: ['escalated'],
    running: ['escalated'],
    recovering: ['escalated'],
    waiting_retry: ['escalated'],
  },
};

describe(`any pipeline, any policy, any course of events (seed ${seed})`, () => {
  test('ends, within the bound that the cap sets', () => {
    holdsForEveryRun((steps) => {
      const last = steps.at(-1);
      const endless = steps.slice(1).every(({ event }) => event?.type === 'begun');
      insist(last !== undefined && (isFinished(last.after) || endless), 'a run that gets answers ends');
    });
  });

  test('stays within the table of states', () => {
    holdsForEveryRun((steps) => {
      for (const { event, before, after } of steps) {
        if (event === null || before === null) continue;
        const allowed = STATE_TABLE[event.type][before.status] ?? [];
        insist(allowed.includes(after.status), `${before.status} -${event.type}-> ${after.status}`);
        insist(
          (after.work === null) === (FINAL_STATUSES as readonly string[]).includes(after.status),
          'finished: no work',
        );
        if (after.status === 'waiting_retry') insist(after.work.delaySeconds > 0, 'what waits has a delay');
      }
    });
  });

  test('adds up: attempts, incidents and their numbers', () => {
    holdsForEveryRun((steps, pipeline, policy) => {
      const ledger = new Ledger(pipeline, policy);
      for (const step of steps) ledger.book(step);
    });
  });

  test('resolves, escalates or closes every incident once, and escalates one where the run does, else none', () => {
    holdsForEveryRun((steps) => {
      const written = steps.flatMap(({ changes }) => changes);
      const ids = (type: string) => written.flatMap((change) => (change.type === type ? [change.id] : []));
      const escalated = ids('incident_escalated');
      const closed = [...ids('incident_resolved'), ...escalated, ...ids('incident_closed')];
      const last = steps.at(-1)?.after;
      if (!last || !isFinished(last)) return;
      insist(closed.sort().join() === ids('incident_opened').sort().join(), 'every incident closes, once');
      if (last.status === 'succeeded') insist(ids('incident_closed').length === 0, 'nothing was given up');
      insist(
        escalated.length === (last.status === 'escalated' ? 1 : 0),
        'a person is called to an incident by a run that escalates, once, and by no other',
      );
    });
  });

  test('goes only where a connection leads, back to what failed, or to check it again', () => {
    holdsForEveryRun((steps, pipeline) => {
      for (const step of steps) checkWay(step, pipeline);
    });
  });
});

function checkWay({ event, before, changes }: Step, pipeline: Pipeline): void {
  if (before?.work?.kind !== 'stage' || event?.type !== 'stage_decided') return;
  const { work, continuation } = before;
  const opened = changes.find((change) => change.type === 'stage_attempt_opened');
  if (opened === undefined || opened.purpose === 'recheck') return;
  const passed = changes.some(
    (change) => change.type === 'stage_attempt_closed' && change.status === 'succeeded',
  );
  const ways = pipeline.flow.connections.filter(({ from, to }) => from === work.stageId && to !== null);
  if (passed) {
    const continued =
      work.purpose === 'recheck' && continuation?.kind === 'stage' ? [continuation.stageId] : [];
    const led = ways.filter(({ condition }) => condition === event.decision).map(({ to }) => to);
    insist(
      (work.purpose === 'recheck' ? continued : led).includes(opened.stageId),
      'a passed stage leads on by its decision',
    );
  } else {
    const stage = findStage(pipeline, opened.stageId);
    insist(stage !== undefined && isRecoveryStage(stage), 'a failed stage leads to recovery alone');
    insist(
      ways.some(({ to }) => to === opened.stageId),
      'and only to a recovery that it routes to',
    );
  }
}
