import { createHash } from 'node:crypto';
import { and, desc, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { Pipeline } from '../core/pipeline.ts';
import { WATCH_PIPELINE } from '../core/recovery.ts';
import { currentStage, type RunStatus } from '../core/run.ts';
import type { Transition } from '../core/transition.ts';
import { changeExpressions, type Sighting } from './changes.ts';
import { notifyRun } from './channels.ts';
import { type Database, violatedConstraint } from './connection.ts';
import { toJson } from './json.ts';
import { environments, idempotencyKeys, pipelineVersions, runs } from './schema.ts';

export type Run = typeof runs.$inferSelect;

export interface NewRun {
  id: string;
  pipeline: Pipeline;
  mutating: boolean;
  environmentId: string;
  host: string;
  workingDirectory: string;
  userPrompt: string;
  start: Transition;
  /** Only if no other run that changes anything waits or works in the environment. */
  alone?: boolean;
}

/** What makes a repeated request the same request. */
export interface Idempotency {
  apiKeyId: string;
  key: string;
  requestHash: string;
}

export type Insertion =
  | { kind: 'created' }
  /** The same request was accepted before: its run. */
  | { kind: 'repeated'; runId: string }
  | { kind: 'key_reused' }
  /** It wanted to be alone in its environment and is not. */
  | { kind: 'busy' };

/** The name of a definition by its content, as `sha256:<hex>`. */
export function pipelineHash(pipeline: Pipeline): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(pipeline)).digest('hex')}`;
}

/** Accepts a run: the run, its pinned definition, its first attempt and its idempotency key in one statement. */
export async function insertRun(
  database: Database,
  run: NewRun,
  idempotency: Idempotency | null,
): Promise<Insertion> {
  if (await isInserted(database, run, idempotency)) return { kind: 'created' };
  // The first of two under one key is also what makes the second find its environment busy.
  const repeated = idempotency && (await findRepeated(database, idempotency));
  return repeated ?? { kind: 'busy' };
}

/** `false`: another run is there, in the environment or under the key. */
async function isInserted(
  database: Database,
  run: NewRun,
  idempotency: Idempotency | null,
): Promise<boolean> {
  try {
    return (await database.query((db) => db.execute(insertStatement(run, idempotency)))).length > 0;
  } catch (error) {
    // Two at once, neither of which saw the other: the index lets one of them through.
    const known = ['runs_one_alone', 'idempotency_keys_api_key_id_key_pk'];
    if (known.includes(violatedConstraint(error) ?? '')) return false;
    throw error;
  }
}

/** A run that a worker starts by itself, for a fault that it found. */
export interface OwnRun extends NewRun {
  workerId: string;
  leaseSeconds: number;
  sighting: Sighting;
}

/** What a worker has to know of a run that it holds. */
export type ClaimedRun = Pick<
  Run,
  'id' | 'epoch' | 'claims' | 'state' | 'workingDirectory' | 'environmentId'
>;

/**
 * Accepts a run that is claimed by its worker from its first moment, in one round trip: what has just broken
 * should not wait for more. `null`: another run that changes things works or waits in this environment, or it is in
 * maintenance.
 */
export async function insertOwnRun(database: Database, run: OwnRun): Promise<ClaimedRun | null> {
  const { workerId, leaseSeconds, sighting } = run;
  const claim = { workerId, leaseSeconds, sighting };
  try {
    const inserted = await database.query((db) => db.execute(insertStatement(run, null, claim)));
    if (inserted.length === 0) return null;
  } catch (error) {
    if (['runs_one_holder', 'runs_one_alone'].includes(violatedConstraint(error) ?? '')) return null;
    throw error;
  }
  const { id, start, workingDirectory, environmentId } = run;
  return { id, epoch: 1, claims: 1, state: start.state, workingDirectory, environmentId };
}

type FirstClaim = Pick<OwnRun, 'workerId' | 'leaseSeconds' | 'sighting'>;

function insertStatement(run: NewRun, idempotency: Idempotency | null, claim: FirstClaim | null = null): SQL {
  const hash = pipelineHash(run.pipeline);
  const { state, changes } = run.start;
  const claimed = claim !== null;
  const alone = claimed || (run.alone ?? false);
  return sql`
    with ${claimed ? sql`unmaintained as (${unmaintained(run)}),` : sql``} permitted as (
      select where (not ${alone} or not exists (
        select 1 from runs other
        where other.environment_id = ${run.environmentId}::uuid and other.mutating and other.finished_at is null))
        ${claimed ? sql`and exists (select from unmaintained)` : sql``}
    ), pinned as (
      insert into pipeline_versions (hash, pipeline_id, definition)
      select ${hash}, ${run.pipeline.id}, ${JSON.stringify(run.pipeline)}::jsonb from permitted
      on conflict (hash) do nothing
    ), run as (
      insert into runs (id, pipeline_name, pipeline_version, pipeline_hash, environment_id, host, working_directory,
                        user_prompt, mutating, status, state, current_stage, alone,
                        epoch, claims, owner, lease_until, holds_environment, started_at)
      select ${run.id}::uuid, ${run.pipeline.id}, ${run.pipeline.version}, ${hash}, ${run.environmentId}::uuid, ${run.host},
             ${run.workingDirectory}, ${run.userPrompt}, ${run.mutating}, ${state.status}::run_status,
             ${toJson(state)}::jsonb, ${currentStage(state)}, ${alone},
             ${claimed ? 1 : 0}, ${claimed ? 1 : 0}, ${claim?.workerId ?? null},
             case when ${claimed} then now() + make_interval(secs => ${claim?.leaseSeconds ?? 0}) end,
             ${claimed && run.mutating}, case when ${claimed} then now() end
      from permitted
      returning id, environment_id
    ), remembered as (
      insert into idempotency_keys (api_key_id, key, request_hash, run_id)
      select ${idempotency?.apiKeyId ?? ''}, ${idempotency?.key ?? ''}, ${idempotency?.requestHash ?? ''}, run.id
      from run where ${idempotency !== null}
    ), ${changeExpressions(changes, { sighting: claim?.sighting })}
    select ${notifyRun()} from run`;
}

/** Locked: maintenance that begins at the same time is waited for, or finds the run. */
function unmaintained({ environmentId }: NewRun): SQL {
  return sql`select id from environments where id = ${environmentId}::uuid and maintenance is null for share`;
}

/** What came before under this key of its caller; `null`: nothing. */
export async function findRepeated(
  database: Database,
  { apiKeyId, key, requestHash }: Idempotency,
): Promise<Exclude<Insertion, { kind: 'created' | 'busy' }> | null> {
  const [known] = await database.query((db) =>
    db
      .select()
      .from(idempotencyKeys)
      .where(and(eq(idempotencyKeys.apiKeyId, apiKeyId), eq(idempotencyKeys.key, key))),
  );
  if (!known) return null;
  return known.requestHash === requestHash
    ? { kind: 'repeated', runId: known.runId }
    : { kind: 'key_reused' };
}

export interface RunDetail {
  run: Run;
  environment: string;
  pipeline: Pipeline;
}

export async function findRun(database: Database, id: string): Promise<RunDetail | null> {
  const [found] = await database.query((db) =>
    db
      .select({ run: runs, environment: environments.name, pipeline: pipelineVersions.definition })
      .from(runs)
      .innerJoin(environments, eq(environments.id, runs.environmentId))
      .innerJoin(pipelineVersions, eq(pipelineVersions.hash, runs.pipelineHash))
      .where(eq(runs.id, id)),
  );
  return found ?? null;
}

/** The definition with this hash. */
export async function findPinned(database: Database, hash: string): Promise<Pipeline> {
  const [found] = await database.query((db) =>
    db
      .select({ pipeline: pipelineVersions.definition })
      .from(pipelineVersions)
      .where(eq(pipelineVersions.hash, hash)),
  );
  if (!found) throw new Error(`no pipeline is pinned under ${hash}`);
  return found.pipeline;
}

export async function readRunStatus(database: Database, id: string): Promise<RunStatus | null> {
  const [found] = await database.query((db) =>
    db.select({ status: runs.status }).from(runs).where(eq(runs.id, id)),
  );
  return found?.status ?? null;
}

export interface RunFilter {
  status?: readonly RunStatus[];
  pipelineNames?: readonly string[];
  environment?: string;
  host?: string;
  /** Accepted at this time or later. */
  since?: Date;
  /** Accepted before this time. */
  until?: Date;
  /** Only runs older than this one: the cursor. */
  before?: string;
}

/** The newest runs first. */
export async function listRuns(
  database: Database,
  filter: RunFilter,
  limit: number,
): Promise<{ run: Run; environment: string }[]> {
  const conditions = [
    filter.status && inArray(runs.status, [...filter.status]),
    filter.pipelineNames && inArray(runs.pipelineName, [...filter.pipelineNames]),
    filter.environment && eq(environments.name, filter.environment),
    filter.host && eq(runs.host, filter.host),
    filter.since && gte(runs.createdAt, filter.since),
    filter.until && lt(runs.createdAt, filter.until),
    filter.before && lt(runs.id, filter.before),
  ].filter((condition) => typeof condition === 'object');
  return await database.query((db) =>
    db
      .select({ run: runs, environment: environments.name })
      .from(runs)
      .innerJoin(environments, eq(environments.id, runs.environmentId))
      .where(and(...conditions))
      .orderBy(desc(runs.id))
      .limit(limit),
  );
}

/**
 * The unfinished runs that change things and whose turn in the environment comes before that of this run: older ones,
 * and the one that holds it, which another machine's clock may have made the younger.
 */
export async function runsAhead(database: Database, runId: string): Promise<string[]> {
  const found = await database.query((db) =>
    db.execute<{ id: string }>(sql`
      select ahead.id from runs ahead join runs own on own.environment_id = ahead.environment_id
      where own.id = ${runId}::uuid and not own.holds_environment and ahead.id <> own.id
        and (ahead.holds_environment or ahead.id < own.id)
        and ahead.mutating and ahead.finished_at is null
      order by ahead.holds_environment desc, ahead.id`),
  );
  return found.map(({ id }) => id);
}

/**
 * The unfinished runs that the watch started by itself. Only they are both recoveries and alone: one that somebody asked
 * for, or has resumed, is not.
 */
export async function watchRuns(database: Database, environmentId: string): Promise<string[]> {
  const own = and(
    eq(runs.environmentId, environmentId),
    eq(runs.pipelineName, WATCH_PIPELINE),
    runs.alone,
    sql`${runs.finishedAt} is null`,
  );
  const found = await database.query((db) => db.select({ id: runs.id }).from(runs).where(own));
  return found.map(({ id }) => id);
}

/** Whether an unfinished run that changes things waits or works in this environment. */
export async function hasActiveRun(database: Database, environmentId: string): Promise<boolean> {
  const [found] = await database.query((db) =>
    db
      .select({ id: runs.id })
      .from(runs)
      .where(and(eq(runs.environmentId, environmentId), runs.mutating, sql`${runs.finishedAt} is null`))
      .limit(1),
  );
  return found !== undefined;
}
