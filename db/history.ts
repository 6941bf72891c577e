import { and, asc, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import { notifyRun } from './channels.ts';
import { runOf, type WritingClaim } from './claim.ts';
import type { Database } from './connection.ts';
import { toJson } from './json.ts';
import { incidents, recoveryAttempts, stageAttempts } from './schema.ts';

export type StageAttempt = typeof stageAttempts.$inferSelect;
export type RecoveryAttempt = typeof recoveryAttempts.$inferSelect;
export type Incident = typeof incidents.$inferSelect;

export interface RunHistory {
  stageAttempts: StageAttempt[];
  recoveryAttempts: RecoveryAttempt[];
  incidents: Incident[];
}

/** Everything that was attempted in a run, in the order in which it was set up. */
export async function runHistory(database: Database, runId: string): Promise<RunHistory> {
  return await database.query(async (db) => {
    const [stages, recoveries, found] = await Promise.all([
      db.select().from(stageAttempts).where(eq(stageAttempts.runId, runId)).orderBy(asc(stageAttempts.id)),
      db
        .select()
        .from(recoveryAttempts)
        .where(eq(recoveryAttempts.runId, runId))
        .orderBy(asc(recoveryAttempts.id)),
      db.select().from(incidents).where(eq(incidents.runId, runId)).orderBy(asc(incidents.id)),
    ]);
    return { stageAttempts: stages, recoveryAttempts: recoveries, incidents: found };
  });
}

/** Of these stage attempts, those that are over. */
export async function finishedAttempts(database: Database, ids: readonly string[]): Promise<string[]> {
  const over = await database.query((db) =>
    db
      .select({ id: stageAttempts.id })
      .from(stageAttempts)
      .where(and(inArray(stageAttempts.id, [...ids]), isNotNull(stageAttempts.finishedAt))),
  );
  return over.map(({ id }) => id);
}

/**
 * Notes something that happened while an attempt was under way; `false`: its claim was no longer ours. The run's row
 * is locked before the event gets its number, as by all who write events: else a later one could be seen, and read
 * past, before this one.
 */
export async function noteEvent(
  database: Database,
  claim: WritingClaim,
  type: string,
  data: Record<string, unknown>,
): Promise<boolean> {
  const saved = await database.query((db) =>
    db.execute(sql`
      with run as (${runOf(claim)}), noted as (
        insert into events (run_id, type, data)
        select run.id, ${type}, ${toJson(data)}::jsonb from run
      )
      select ${notifyRun()} from run`),
  );
  return saved.length > 0;
}
