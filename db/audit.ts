import { and, desc, eq, gte, lt } from 'drizzle-orm';
import type { Database } from './connection.ts';
import { newId } from './id.ts';
import { auditLog } from './schema.ts';

export type AuditRow = typeof auditLog.$inferSelect;
export type AuditEntry = Omit<AuditRow, 'id' | 'at'>;

export interface AuditFilter {
  keyId?: string;
  route?: string;
  since?: Date;
  /** Only rows older than this one: the cursor. */
  before?: string;
}

/** Adds a row, with the time of the database. */
export async function recordCall(database: Database, entry: AuditEntry, timeoutMs: number): Promise<void> {
  await database.query((db) => db.insert(auditLog).values({ id: newId(), ...entry }), timeoutMs);
}

/** The newest rows first. */
export async function listAudit(
  database: Database,
  { keyId, route, since, before }: AuditFilter,
  limit: number,
): Promise<AuditRow[]> {
  const conditions = [
    keyId === undefined ? undefined : eq(auditLog.keyId, keyId),
    route === undefined ? undefined : eq(auditLog.route, route),
    since && gte(auditLog.at, since),
    before === undefined ? undefined : lt(auditLog.id, before),
  ];
  return await database.query((db) =>
    db
      .select()
      .from(auditLog)
      .where(and(...conditions))
      .orderBy(desc(auditLog.id))
      .limit(limit),
  );
}
