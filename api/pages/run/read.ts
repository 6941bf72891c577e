import { notesOf } from '../../../db/attempts.ts';
import type { Database } from '../../../db/connection.ts';
import { runHistory } from '../../../db/history.ts';
import { type ReadRun, readRun } from '../../runs/read-run.ts';
import { type Row, rowsOf } from './rows.ts';

/** A run with everything that its page shows. */
export interface SeenRun extends ReadRun {
  history: Awaited<ReturnType<typeof runHistory>>;
  rows: Row[];
}

/** Older attempts than these are shown without their log. */
const LOGS_MAX = 40;

/** @throws ProblemError 404 */
export async function seeRun(database: Database, id: string): Promise<SeenRun> {
  const [detail, history] = await Promise.all([readRun(database, id), runHistory(database, id)]);
  const { stageAttempts, recoveryAttempts } = history;
  const ids = [...stageAttempts, ...recoveryAttempts].map((attempt) => attempt.id).sort();
  const notes = await notesOf(database, id, ids.slice(-LOGS_MAX));
  return { ...detail, history, rows: rowsOf({ ...detail, history, notes }, Date.now()) };
}
