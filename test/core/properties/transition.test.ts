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
  const property = fc.property(
    pipelines,
    policies,
    fates,
    fc.nat({ max: 3 }),
    (pipeline, policy, given: Fate[], resumptions) =>
      check(simulate(pipeline, policy, given, { resumptions }), pipeline, policy),
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

/** Where recovery is off, one that begins with a recovery fails again at once. */
const RESUMED: Partial<Record<RunStatus, RunStatus[]>> = {
  failed: ['queued', 'recovering', 'failed'],
  escalated: ['queued', 'recovering'],
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
        if (before === null) continue;
        const allowed = event === null ? RESUMED[before.status] : STATE_TABLE[event.type][before.status];
        insist(
          allowed?.includes(after.status) === true,
          `${before.status} -${event?.type ?? 'resumed'}-> ${after.status}`,
        );
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
      const ends = steps.map(({ after }) => after.status);
      if (ends.every((status) => status !== 'failed' && status !== 'cancelled'))
        insist(ids('incident_closed').length === 0, 'nothing was given up');
      insist(
        escalated.length === ends.filter((status) => status === 'escalated').length,
        'a person is called to an incident by a run that escalates, once each time, and by no other',
      );
    });
  });

  test('succeeds only when every stage that failed has passed since, whoever resumed it', () => {
    holdsForEveryRun((steps, pipeline) => {
      const last = steps.at(-1)?.after;
      if (last?.status !== 'succeeded') return;
      const failed = new Set<string>();
      const open = new Map<string, string>();
      for (const change of steps.flatMap(({ changes }) => changes)) {
        if (change.type === 'stage_attempt_opened') open.set(change.id, change.stageId);
        if (change.type !== 'stage_attempt_closed') continue;
        const stageId = open.get(change.id) ?? '';
        const stage = findStage(pipeline, stageId);
        if (change.status === 'succeeded') failed.delete(stageId);
        else if (stage && !isRecoveryStage(stage)) failed.add(stageId);
      }
      insist(failed.size === 0, `${[...failed].join()} failed and was left behind`);
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
