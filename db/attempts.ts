import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Database } from './connection.ts';
import type { RecoveryAttempt, StageAttempt } from './history.ts';
import { toJson } from './json.ts';
import { recoveryAttempts, stageAttempts } from './schema.ts';
import { iso } from './time.ts';

export interface Attempts {
  stageAttempts: StageAttempt[];
  recoveryAttempts: RecoveryAttempt[];
}

/** The first attempts of either kind behind `after`, as many as the limit says of each: ids sort by time. */
export async function attemptsAfter(
  database: Database,
  runId: string,
  { after, limit }: { after?: string | undefined; limit: number },
): Promise<Attempts> {
  const pageOf = (table: typeof stageAttempts | typeof recoveryAttempts) =>
    and(eq(table.runId, runId), after === undefined ? undefined : gt(table.id, after));
  return await database.query(async (db) => {
    const [stages, recoveries] = await Promise.all([
      db
        .select()
        .from(stageAttempts)
        .where(pageOf(stageAttempts))
        .orderBy(asc(stageAttempts.id))
        .limit(limit),
      db
        .select()
        .from(recoveryAttempts)
        .where(pageOf(recoveryAttempts))
        .orderBy(asc(recoveryAttempts.id))
        .limit(limit),
    ]);
    return { stageAttempts: stages, recoveryAttempts: recoveries };
  });
}

/** Something that was noted while an attempt was under way; `at` is ISO 8601 UTC. */
export interface Note {
  type: string;
  at: string;
  data: Record<string, unknown>;
}

/** More than these of one attempt, the last, are not read. */
const NOTES_MAX = 1_000;

/** What was noted between the beginning and the end of each of these attempts, by attempt. */
export async function notesOf(
  database: Database,
  runId: string,
  attemptIds: readonly string[],
): Promise<Map<string, Note[]>> {
  const rows = await database.query((db) =>
    db.execute<{ attempt_id: string; type: string; at: string; data: Record<string, unknown> }>(sql`
      with spans as (
        select data->>'id' as attempt_id, min(seq) filter (where type like '%\\_begun') as begun,
               min(seq) filter (where type like '%\\_closed') as closed
        from events
        where run_id = ${runId}
          and type in ('stage_attempt_begun', 'recovery_attempt_begun', 'stage_attempt_closed', 'recovery_attempt_closed')
          and data->>'id' in (select jsonb_array_elements_text(${toJson(attemptIds)}::jsonb))
        group by 1
      ), noted as (
        select spans.attempt_id, e.seq, e.type, e.at, e.data,
               row_number() over (partition by spans.attempt_id order by e.seq desc) as from_last
        from spans join events e on e.run_id = ${runId} and e.seq > spans.begun
             and (spans.closed is null or e.seq < spans.closed)
        where e.type in ('diagnosis', 'strategy', 'action')
      )
      select attempt_id, type, ${iso(sql`at`)} as at, data from noted where from_last <= ${NOTES_MAX} order by seq`),
  );
  const notes = new Map<string, Note[]>();
  for (const { attempt_id, type, at, data } of rows)
    notes.set(attempt_id, [...(notes.get(attempt_id) ?? []), { type, at, data }]);
  return notes;
}
