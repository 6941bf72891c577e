import { attemptsAfter, notesOf } from '../../db/attempts.ts';
import type { RecoveryAttempt } from '../../db/history.ts';
import { runStatus } from '../../db/runs.ts';
import { answerTagged } from '../answer-tagged.ts';
import { attemptLog } from '../attempt-log.ts';
import type { ApiHandler } from '../context.ts';
import { writeCursor } from '../cursor.ts';
import { unknownRun } from '../read-run.ts';
import { attemptsQuery, readQuery } from '../request.ts';
import { runId } from '../run-id.ts';
import { attemptViews } from '../view.ts';

/** What was attempted in a run, the oldest first, each with its log. */
export function attemptRoutes() {
  const list: ApiHandler = async (c) => {
    const id = runId(c);
    const { limit, cursor } = readQuery(c, attemptsQuery);
    const database = c.get('database');
    if ((await runStatus(database, id)) === null) throw unknownRun(id);
    const found = await attemptsAfter(database, id, { after: cursor, limit: limit + 1 });
    const all = attemptViews(found);
    const page = all.slice(0, limit);
    const notes = await notesOf(
      database,
      id,
      page.map((attempt) => attempt.id),
    );
    const recoveries = new Map(found.recoveryAttempts.map((attempt) => [attempt.id, attempt]));
    return answerTagged(c, {
      items: page.map((attempt) => {
        const recovery = recoveries.get(attempt.id);
        return {
          ...attempt,
          ...(recovery && climbOf(recovery)),
          log: attemptLog(attempt.evidence, notes.get(attempt.id)),
        };
      }),
      nextCursor: all.length > limit ? writeCursor(page.at(-1)?.id ?? '') : null,
    });
  };
  return { 'GET /v1/runs/:id/attempts': list };
}

function climbOf({ incidentId, mode, delaySeconds, strategy, actions, evidence }: RecoveryAttempt) {
  const rungs = Array.isArray(evidence.rungs) ? evidence.rungs : [];
  return { incidentId, mode, delaySeconds, strategy, rungs, actions };
}
