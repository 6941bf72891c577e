import { and, eq, inArray, isNotNull, ne, notInArray, type SQL, sql } from 'drizzle-orm';
import { ACTIVE_STATUSES } from '../core/run.ts';
import { type Database, violatedConstraint } from './connection.ts';
import type { Run } from './runs.ts';
import { runs } from './schema.ts';

/** How long a claim holds without a sign of life, unless told otherwise. */
export const LEASE_SECONDS = 60;

/** Who claims, and the environments whose fence that worker holds. */
export interface Claimant {
  workerId: string;
  host: string;
  environmentIds: readonly string[];
}

/**
 * Claims a run that is due: a new epoch, a new owner, a new lease, and its environment where it changes
 * anything. `null`: it is finished, owned, not due, or its environment is held by an earlier run. One that is to be
 * cancelled is always due.
 */
export async function claimRun(
  database: Database,
  runId: string,
  claimant: Claimant,
  leaseSeconds = LEASE_SECONDS,
): Promise<Run | null> {
  if (claimant.environmentIds.length === 0) return null;
  try {
    const [claimed] = await database.query((db) =>
      db
        .update(runs)
        .set({
          epoch: sql`${runs.epoch} + 1`,
          claims: sql`${runs.claims} + 1`,
          owner: claimant.workerId,
          leaseUntil: sql`now() + make_interval(secs => ${leaseSeconds})`,
          holdsEnvironment: sql`${runs.mutating}`,
          startedAt: sql`coalesce(${runs.startedAt}, now())`,
        })
        .where(and(eq(runs.id, runId), claimable(claimant)))
        .returning(),
    );
    return claimed ?? null;
  } catch (error) {
    // Two runs of one environment, claimed in the same instant: the index lets one of them through.
    if (violatedConstraint(error) === 'runs_one_holder') return null;
    throw error;
  }
}

function claimable({ host, environmentIds }: Claimant): SQL | undefined {
  return and(
    eq(runs.host, host),
    inArray(runs.environmentId, [...environmentIds]),
    inArray(runs.status, [...ACTIVE_STATUSES]),
    sql`(${runs.owner} is null or ${runs.leaseUntil} < now())`,
    sql`(${runs.nextAttemptAt} is null or ${runs.nextAttemptAt} <= now() or ${runs.cancelRequestedAt} is not null)`,
    sql`(not ${runs.mutating} or ${runs.holdsEnvironment} or not exists (
           select 1 from runs other
           where other.environment_id = ${runs.environmentId} and other.mutating and other.finished_at is null
             and (other.holds_environment or other.id < ${runs.id})))`,
  );
}

/** A sign of life. `false`: the run is no longer ours, and nothing more may be done for it. */
export async function renewLease(
  database: Database,
  runId: string,
  epoch: number,
  leaseSeconds = LEASE_SECONDS,
): Promise<boolean> {
  const renewed = await database.query((db) =>
    db
      .update(runs)
      .set({ leaseUntil: sql`now() + make_interval(secs => ${leaseSeconds})` })
      .where(and(eq(runs.id, runId), eq(runs.epoch, epoch), isNotNull(runs.owner)))
      .returning({ id: runs.id }),
  );
  return renewed.length > 0;
}

/**
 * Gives a run back unchanged, so that it can be claimed again at once. `counts`: the claim stays on the account
 * of a run that may be the one that breaks its worker.
 */
export async function releaseRun(
  database: Database,
  { runId, epoch, counts }: { runId: string; epoch: number; counts: boolean },
): Promise<void> {
  await database.query((db) =>
    db
      .update(runs)
      .set({
        owner: null,
        leaseUntil: null,
        ...(!counts && { claims: sql`greatest(0, ${runs.claims} - 1)` }),
      })
      .where(and(eq(runs.id, runId), eq(runs.epoch, epoch))),
  );
}

/** A claim this young may not be known to its own engine yet. */
const STRAY_SECONDS = 5;

/**
 * Frees the runs that a worker owns and does not work on, which it could not give back while the database was
 * away. Nothing is held against them.
 */
export async function releaseStrays(
  database: Database,
  { workerId }: Claimant,
  { underWay, leaseSeconds }: { underWay: readonly string[]; leaseSeconds: number },
): Promise<void> {
  await database.query((db) =>
    db
      .update(runs)
      .set({ owner: null, leaseUntil: null, claims: sql`greatest(0, ${runs.claims} - 1)` })
      .where(
        and(
          eq(runs.owner, workerId),
          sql`${runs.finishedAt} is null`,
          notInArray(runs.id, [...underWay]),
          sql`${runs.leaseUntil} < now() + make_interval(secs => ${leaseSeconds - Math.min(STRAY_SECONDS, leaseSeconds / 2)})`,
        ),
      ),
  );
}

/**
 * Takes the leases of dead owners: whoever holds the fence of an environment knows that no other worker that
 * acts on it is alive. Returns how many there were.
 */
export async function takeOverLeases(database: Database, claimant: Claimant): Promise<number> {
  if (claimant.environmentIds.length === 0) return 0;
  const taken = await database.query((db) =>
    db
      .update(runs)
      .set({ owner: null, leaseUntil: null, dispatchedAt: sql`to_timestamp(0)` })
      .where(
        and(
          inArray(runs.environmentId, [...claimant.environmentIds]),
          sql`${runs.finishedAt} is null`,
          ne(runs.owner, claimant.workerId),
        ),
      )
      .returning({ id: runs.id }),
  );
  return taken.length;
}

export interface DueRun {
  id: string;
  dispatch: number;
  /** Calls that were repeated since the last transition. */
  repeats: number;
  /** Its call has been on its way so long that somebody should go without it. */
  overdue: boolean;
  state: Run['state'];
}

const BATCH = 200;
/** Longer ones kept runs whose calls were lost again and again waiting when all else worked. */
export const LONGEST_PAUSE_SECONDS = 15;
export const OVERDUE_SECONDS = 15;

/**
 * Runs that could be claimed now and whose last wake-up call is `quietSeconds` old, with a pause that grows
 * with each call up to a quarter of a minute.
 */
export async function findDueRuns(
  database: Database,
  claimant: Claimant,
  quietSeconds: number,
): Promise<DueRun[]> {
  if (claimant.environmentIds.length === 0) return [];
  const overdue = sql<boolean>`greatest(${runs.dispatchedAt}, ${runs.nextAttemptAt}) < now() - make_interval(secs => ${OVERDUE_SECONDS})`;
  return await database.query((db) =>
    db
      .select({ id: runs.id, dispatch: runs.dispatch, repeats: runs.repeats, overdue, state: runs.state })
      .from(runs)
      .where(
        and(
          claimable(claimant),
          sql`${runs.dispatchedAt} < now() - make_interval(secs => least(${LONGEST_PAUSE_SECONDS}, ${quietSeconds} * 2 ^ least(${runs.repeats}, 10))::float8)`,
          sql`(${runs.nextAttemptAt} is null or ${runs.cancelRequestedAt} is not null
               or ${runs.nextAttemptAt} < now() - make_interval(secs => ${quietSeconds}))`,
        ),
      )
      .orderBy(runs.id)
      .limit(BATCH),
  );
}

/** Counts one more wake-up call and returns its number; `null` where the run has moved on meanwhile. */
export async function nextDispatch(
  database: Database,
  runId: string,
  dispatch: number,
): Promise<number | null> {
  const [sent] = await database.query((db) =>
    db
      .update(runs)
      .set({ dispatch: dispatch + 1, dispatchedAt: sql`now()`, repeats: sql`${runs.repeats} + 1` })
      .where(and(eq(runs.id, runId), eq(runs.dispatch, dispatch), sql`${runs.finishedAt} is null`))
      .returning({ dispatch: runs.dispatch }),
  );
  return sent?.dispatch ?? null;
}

/** The unfinished runs that wait for a delay, with the milliseconds that are left: for the worker's timers. */
export async function findDelays(
  database: Database,
  claimant: Claimant,
): Promise<{ id: string; delayMs: number }[]> {
  if (claimant.environmentIds.length === 0) return [];
  return await database.query((db) =>
    db
      .select({
        id: runs.id,
        delayMs: sql<number>`greatest(0, extract(epoch from ${runs.nextAttemptAt} - now()) * 1000)::float8`,
      })
      .from(runs)
      .where(
        and(
          inArray(runs.environmentId, [...claimant.environmentIds]),
          sql`${runs.finishedAt} is null`,
          sql`${runs.nextAttemptAt} > now()`,
        ),
      ),
  );
}
