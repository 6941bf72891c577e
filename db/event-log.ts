import { type SQL, sql } from 'drizzle-orm';
import type { RunStatus } from '../core/run.ts';
import type { Database } from './connection.ts';
import { iso } from './time.ts';

/** Something that happened in a run. */
export interface LoggedEvent {
  /** Rises within a run in the order in which things happened. */
  seq: number;
  runId: string;
  type: string;
  /** ISO 8601 UTC. */
  at: string;
  data: Record<string, unknown>;
}

/** Some events of a run with the state that the run had at that very moment. */
export interface RunEvents {
  status: RunStatus;
  outcome: string | null;
  finished: boolean;
  events: LoggedEvent[];
}

/**
 * The events of a run behind `after`; `null`: there is no such run. Whoever writes an event of a run holds the
 * lock of the run's row when it gets its number: no lower number becomes visible after a higher one.
 */
export async function runEventsAfter(
  database: Database,
  { runId, after, limit }: { runId: string; after: number; limit: number },
): Promise<RunEvents | null> {
  const [found] = await database.query((db) =>
    db.execute<RunEvents & Record<string, unknown>>(sql`
      select run.status, run.outcome, run.finished_at is not null as finished,
             ${page(sql`where e.run_id = run.id and e.seq > ${after}`, limit)} as events
      from runs run where run.id = ${runId}`),
  );
  return found ?? null;
}

export interface Wanted {
  after: number;
  limit: number;
  /** Only events of the environments of this name. */
  environment?: string | undefined;
}

export interface SettledEvents {
  events: LoggedEvent[];
  /** Nothing will appear up to here any more: where to read on. */
  after: number;
}

const SETTLING_MS_MAX = 2_000;
const SETTLING_POLL_MS = 10;

/**
 * The events of all runs behind `after`, as far as their order is settled. Across runs somebody who is still at work
 * may hold a number that is lower than one already visible, so those who write events at this moment are waited for:
 * two seconds at most, and nothing is told where they take longer.
 */
export async function settledEventsAfter(database: Database, wanted: Wanted): Promise<SettledEvents> {
  const seen = await visibleEvents(database, wanted);
  if (seen.after === wanted.after || !(await writersEnded(database)))
    return { events: [], after: wanted.after };
  return await visibleEvents(database, wanted, seen.after);
}

async function visibleEvents(
  database: Database,
  { after, limit, environment }: Wanted,
  upTo: number | null = null,
): Promise<SettledEvents> {
  const ofEnvironment = sql`and exists (select 1 from runs join environments on environments.id = runs.environment_id
    where runs.id = e.run_id and environments.name = ${environment ?? ''})`;
  const where = sql`where e.seq > ${after} ${upTo === null ? sql`` : sql`and e.seq <= ${upTo}`}
    ${environment === undefined ? sql`` : ofEnvironment}`;
  const [seen] = await database.query((db) =>
    db.execute<{ last: number; events: LoggedEvent[] }>(sql`
      select (select coalesce(max(seq), 0)::float8 from events) as last, ${page(where, limit)} as events`),
  );
  const { last = 0, events = [] } = seen ?? {};
  const full = events.length === limit ? events.at(-1)?.seq : undefined;
  return { events, after: full ?? upTo ?? Math.max(after, last) };
}

/** Whether all who write events now have ended in time. They hold this lock before they get a number, and to the end. */
async function writersEnded(database: Database): Promise<boolean> {
  const endsAt = performance.now() + SETTLING_MS_MAX;
  let awaited = await writers(database);
  while (awaited.length > 0 && performance.now() < endsAt) {
    await new Promise((resolve) => setTimeout(resolve, SETTLING_POLL_MS));
    const still = new Set(await writers(database));
    awaited = awaited.filter((writer) => still.has(writer));
  }
  return awaited.length === 0;
}

async function writers(database: Database): Promise<string[]> {
  const found = await database.query((db) =>
    db.execute<{ writer: string }>(sql`
      select virtualtransaction as writer from pg_locks
      where locktype = 'relation' and relation = 'events'::regclass and mode = 'RowExclusiveLock' and granted
        and database = (select oid from pg_database where datname = current_database())`),
  );
  return found.map(({ writer }) => writer);
}

/** The last event older than a minute: where one begins who wants the present. */
export async function recentStart(database: Database): Promise<number> {
  const [found] = await database.query((db) =>
    db.execute<{ seq: number }>(sql`
      select coalesce((select seq from events where at < now() - interval '1 minute' order by seq desc limit 1), 0)::float8 as seq`),
  );
  return found?.seq ?? 0;
}

function page(where: SQL, limit: number): SQL {
  return sql`coalesce((
    select jsonb_agg(jsonb_build_object('seq', e.seq, 'runId', e.run_id, 'type', e.type, 'at', ${iso(sql`e.at`)}, 'data', e.data)
                     order by e.seq)
    from (select * from events e ${where} order by e.seq limit ${limit}) e), '[]')`;
}
