import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMutating } from '../../core/pipeline.ts';
import { isFinished, type RunEvent } from '../../core/run.ts';
import { resumeRun, startRun, transition } from '../../core/transition.ts';
import { type Claimant, takeOverLeases } from '../../db/claims.ts';
import { endDelay, requestCancel, saveCancel, saveResume } from '../../db/control.ts';
import { openRunStore, type RunStore } from '../../db/run-store.ts';
import { insertRun, type NewRun } from '../../db/runs.ts';
import { forward, healing, linear } from '../core/fixtures/pipelines.ts';
import { claimantOf, contextOf, newRun, type World, world } from '../db/fixtures/world.ts';
import { type RunRow, RunTable } from './world/run-table.ts';

const LEASE_SECONDS = 60;
const QUIET_SECONDS = 3;
const COMMANDS = 300;
const seed = Number(process.env.DAVY_SEED ?? Date.now() % 2 ** 31);

const which = fc.nat(7);
const EVENTS: readonly RunEvent[] = [
  { type: 'stage_failed', failure: { code: 'broke', message: 'it broke' } },
  { type: 'stage_decided', decision: 'daemon_started' },
  { type: 'stage_decided', decision: 'connection_verified' },
  { type: 'stage_decided', decision: 'connection_failed' },
  { type: 'recovery_finished', outcome: { kind: 'healed', reset: false } },
  { type: 'recovery_finished', outcome: { kind: 'failed', reason: 'still broken' } },
  { type: 'recovery_finished', outcome: { kind: 'failed', reason: 'still broken' } },
  { type: 'cancelled' },
  { type: 'abandoned', escalation: { reason: 'crash_loop', detail: 'again and again' } },
];

const KINDS = [
  ...[
    'insert',
    'claim',
    'claim',
    'claim',
    'renew',
    'release',
    'strays',
    'take over',
    'begin',
    'save',
    'save',
  ],
  ...[
    'due',
    'next dispatch',
    'delays',
    'to cancel',
    'resume',
    'cancel',
    'request cancel',
    'end delay',
    'time',
  ],
] as const;

const command = fc.record({
  kind: fc.constantFrom(...KINDS),
  run: which,
  worker: fc.nat(1),
  /** How far off the epoch is that is named: mostly right. */
  staleness: fc.constantFrom(0, 0, 0, 0, 1),
  event: fc.nat(EVENTS.length - 1),
  /** Neither of them adds up to a lease, a delay or a pause. */
  seconds: fc.constantFrom(0.73, 2.31, 6.17, 14.93, 33.71, 71.37),
});
type Step = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** The database and its twin, to which the same is done. */
class Pair {
  readonly ids: string[] = [];
  private readonly here: World;
  private readonly real: RunStore;
  private readonly twin: RunTable;
  private skippedMs = 0;
  private keys = 0;

  constructor(here: World) {
    this.here = here;
    this.real = openRunStore(here.database, LEASE_SECONDS);
    this.twin = new RunTable(() => Date.now() + this.skippedMs);
  }

  /** What both answer. */
  async take(step: Step): Promise<[real: unknown, twin: unknown]> {
    const { here, real, twin } = this;
    const claimant: Claimant = claimantOf(`worker-${step.worker}`, here.environmentId);
    const id = this.ids[step.run % Math.max(1, this.ids.length)];
    const row = id === undefined ? undefined : twin.rows.get(id);
    if (step.kind === 'insert') return await this.insert(step);
    if (step.kind === 'time') return await this.skip(step.seconds);
    if (step.kind === 'strays')
      return [
        await real.releaseStrays(claimant, id ? [id] : []),
        twin.releaseStrays(claimant, id ? [id] : [], LEASE_SECONDS),
      ];
    if (step.kind === 'take over')
      return [await takeOverLeases(here.database, claimant), twin.takeOverLeases(claimant)];
    if (step.kind === 'due')
      return [await real.due(claimant, QUIET_SECONDS), twin.due(claimant, QUIET_SECONDS)];
    if (step.kind === 'to cancel')
      return [(await real.toCancel(claimant)).sort(), twin.toCancel(claimant).sort()];
    if (step.kind === 'delays') return [idsOf(await real.delays(claimant)), idsOf(twin.delays(claimant))];
    return row ? await this.takeFor(row, step, claimant) : [null, null];
  }

  private async takeFor(row: RunRow, step: Step, claimant: Claimant): Promise<[unknown, unknown]> {
    const { here, real, twin } = this;
    const { id: runId, dispatch } = row;
    const epoch = row.epoch - step.staleness;
    const order = { run: { id: runId, epoch, owner: row.owner }, by: 'key' };
    const { state } = row;
    switch (step.kind) {
      case 'claim': {
        const taken = await real.claim(runId, claimant);
        return [taken && facts(taken.run), factsOrNull(twin.claim(runId, claimant, LEASE_SECONDS))];
      }
      case 'renew':
        return [await real.renew(runId, epoch), twin.renew(runId, epoch, LEASE_SECONDS)];
      case 'release': {
        const claim = { runId, epoch, counts: step.event % 2 === 0 };
        return [await real.release(claim), twin.release(claim)];
      }
      case 'next dispatch':
        return [
          await real.nextDispatch(runId, dispatch - step.staleness),
          twin.nextDispatch(runId, dispatch - step.staleness),
        ];
      case 'end delay':
        return [await endDelay(here.database, runId, 'key'), twin.endDelay(runId)];
      case 'request cancel':
        return [await requestCancel(here.database, order), twin.requestCancel(order.run)];
      case 'resume': {
        const next =
          isFinished(state) && (state.status === 'failed' || state.status === 'escalated')
            ? resumeRun(state, contextOf(row.pipeline))
            : null;
        return next
          ? [await saveResume(here.database, order, next), twin.resume(order.run, next)]
          : [null, null];
      }
      default: {
        if (isFinished(state)) return [null, null];
        const event: RunEvent =
          step.kind === 'begin'
            ? { type: 'begun' }
            : step.kind === 'cancel'
              ? { type: 'cancelled' }
              : eventFor(row, step);
        const next = transition(state, event, contextOf(row.pipeline));
        if (step.kind === 'cancel')
          return [await saveCancel(here.database, order, next), twin.cancel(order.run, next)];
        const write = { runId, epoch, transition: next };
        return step.kind === 'begin'
          ? [await real.begin(write), twin.begin(write)]
          : [await real.save(write), twin.save(write)];
      }
    }
  }

  private async insert({ event, staleness }: Step): Promise<[unknown, unknown]> {
    const pipeline = [linear, healing, forward][event % 3] ?? linear;
    const run: NewRun = {
      ...newRun(this.here, pipeline),
      mutating: isMutating(pipeline),
      alone: event === 0,
      start: startRun(contextOf(pipeline)),
    };
    if (staleness === 0) this.keys++;
    const idempotency = { apiKeyId: 'key', key: `${this.keys}`, requestHash: pipeline.id };
    const answers: [unknown, unknown] = [
      await insertRun(this.here.database, run, idempotency),
      this.twin.insert(run, idempotency),
    ];
    if (this.twin.rows.has(run.id)) this.ids.push(run.id);
    return answers;
  }

  /** For the database, what lies in the past lies farther back. */
  private async skip(seconds: number): Promise<[unknown, unknown]> {
    this.skippedMs += seconds * 1000;
    await this.here.sql`update runs set lease_until = lease_until - make_interval(secs => ${seconds}),
      next_attempt_at = next_attempt_at - make_interval(secs => ${seconds}),
      dispatched_at = case when dispatched_at < '2000-01-01' then dispatched_at
                           else dispatched_at - make_interval(secs => ${seconds}) end`;
    return [null, null];
  }

  /** The rows of both. */
  async rows(): Promise<[unknown, unknown]> {
    const real = await this.here.sql`select id, status::text, dispatch, repeats, epoch, owner, claims,
      holds_environment, alone, finished_at is not null as finished, next_attempt_at is not null as waits,
      lease_until is not null as leased, cancel_requested_at is not null as cancel from runs order by id`;
    const twin = [...this.twin.rows.values()].map((row) => ({
      ...facts(row),
      ...{ status: row.status, repeats: row.repeats, holds_environment: row.holdsEnvironment },
      ...{ alone: row.alone, finished: row.finishedAt !== null, waits: row.nextAttemptAt !== null },
      ...{ leased: row.leaseUntil !== null, cancel: row.cancelRequestedAt !== null },
    }));
    const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
    return [real.map((row) => ({ ...row })), twin.sort(byId)];
  }
}

function eventFor({ state }: RunRow, { event }: Step): RunEvent {
  const chosen = EVENTS[event] ?? { type: 'cancelled' };
  const isOfRecovery = state.work?.kind === 'recovery';
  if (chosen.type === 'recovery_finished' && !isOfRecovery)
    return { type: 'stage_decided', decision: 'connection_failed' };
  if (chosen.type.startsWith('stage') && isOfRecovery)
    return { type: 'recovery_finished', outcome: { kind: 'healed', reset: false } };
  return chosen;
}

function facts({
  id,
  epoch,
  claims,
  owner,
  dispatch,
}: Pick<RunRow, 'id' | 'epoch' | 'claims' | 'owner' | 'dispatch'>) {
  return { id, epoch, claims, owner, dispatch };
}

const factsOrNull = (row: RunRow | null) => row && facts(row);
const idsOf = (found: { id: string }[]) => found.map(({ id }) => id).sort();

test(`the runs in memory answer as those in Postgres do (seed ${seed})`, async () => {
  const pair = new Pair(await world());
  const steps = fc.sample(command, { seed, numRuns: COMMANDS });
  for (const [index, step] of steps.entries()) {
    const about = `step ${index}: ${JSON.stringify(step)}`;
    const [real, twin] = await pair.take(step);
    expect(twin ?? null, about).toEqual(real ?? null);
    const [rows, ours] = await pair.rows();
    expect(ours, about).toEqual(rows);
  }
});
