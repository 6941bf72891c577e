import { attemptsAfter, notesOf } from '../../db/attempts.ts';
import type { RecoveryAttempt } from '../../db/history.ts';
import { readRunStatus } from '../../db/runs.ts';
import type { LoggedAttempt } from '../contract/attempts.ts';
import { writeCursor } from '../http/cursor.ts';
import { answerWithETag } from '../http/etag.ts';
import { pageOf } from '../http/page-of.ts';
import type { RouteHandler } from '../http/route.ts';
import { unknown } from '../http/unknown.ts';
import { attemptLog } from '../runs/attempt-log.ts';
import { attemptViews } from '../runs/view.ts';

/** What was attempted in a run, the oldest first, each with its log. */
export function attemptRoutes() {
  const list: RouteHandler<'GET /v1/runs/:id/attempts'> = async (c) => {
    const { id } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const database = c.get('database');
    if ((await readRunStatus(database, id)) === null) throw unknown('unknown-run');
    const found = await attemptsAfter(database, id, { after: cursor, limit: limit + 1 });
    const { items, next } = pageOf(attemptViews(found), limit, (last) => writeCursor('attempts', last.id));
    const notes = await notesOf(
      database,
      id,
      items.map((attempt) => attempt.id),
    );
    const recoveries = new Map(found.recoveryAttempts.map((attempt) => [attempt.id, attempt]));
    return answerWithETag(c, {
      items: items.map((attempt): LoggedAttempt => {
        const recovery = recoveries.get(attempt.id);
        const log = attemptLog(attempt.evidence, notes.get(attempt.id));
        return recovery
          ? { ...attempt, kind: 'recovery', ...recoveryFields(recovery), log }
          : { ...attempt, kind: 'stage', log };
      }),
      nextCursor: next,
    });
  };
  return { 'GET /v1/runs/:id/attempts': list };
}

function recoveryFields({ incidentId, mode, delaySeconds, strategy, actions, evidence }: RecoveryAttempt) {
  const rungs = Array.isArray(evidence.rungs) ? evidence.rungs : [];
  return { incidentId, mode, delaySeconds, strategy, rungs, actions };
}
