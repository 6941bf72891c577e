import { sql } from 'drizzle-orm';
import type { Database } from '../../db/connection.ts';
import { noteEvent } from '../../db/history.ts';

/** Notes an event of a run under whichever claim is the last one. */
export async function note(
  database: Database,
  runId: string,
  type: string,
  data: Record<string, unknown>,
): Promise<void> {
  const [run] = await database.query((db) =>
    db.execute<{ epoch: number }>(sql`select epoch from runs where id = ${runId}`),
  );
  await noteEvent(database, { runId, epoch: Number(run?.epoch) }, type, data);
}
