import { attemptsAfter, notesOf } from '../../../db/attempts.ts';
import type { ApiHandler, ApiParts } from '../../context.ts';
import { callerOf } from '../../guards/auth.ts';
import { ProblemError } from '../../http/problem.ts';
import { attemptLog } from '../../runs/attempt-log.ts';
import { type ControlOrder, cancelRun, resumeFailedRun, retryNow } from '../../runs/control-run.ts';
import { nudge } from '../../runs/nudge.ts';
import { readRun } from '../../runs/read-run.ts';
import { answerPage } from '../page.tsx';
import { runIdOf } from '../query.ts';
import { seeRun } from './read.ts';
import { RunView } from './view.tsx';

/** One run: how it stands, the way it took, every attempt; and the forms that take a hand in it. */
export function runPageRoutes({ dispatcher, log }: ApiParts) {
  const show: ApiHandler = async (c) => {
    const id = runIdOf(c);
    const seen = await seeRun(c.get('database'), id);
    return answerPage(c, {
      title: `${seen.run.pipelineName} (${seen.environment})`,
      section: 'runs',
      follows: { run: id },
      children: <RunView seen={seen} caller={callerOf(c)} />,
    });
  };

  const control =
    (order: ControlOrder): ApiHandler =>
    async (c) => {
      const id = runIdOf(c);
      const database = c.get('database');
      if (await order(database, id, callerOf(c).keyId))
        nudge(dispatcher, (await readRun(database, id)).run, log);
      return c.redirect(`/runs/${id}`, 303);
    };

  const showLog: ApiHandler = async (c) => {
    const id = runIdOf(c);
    const attemptId = c.req.param('attempt') ?? '';
    const { stageAttempts, recoveryAttempts } = await attemptsAfter(c.get('database'), id, {
      limit: ATTEMPTS_MAX,
    });
    const attempt = [...stageAttempts, ...recoveryAttempts].find((found) => found.id === attemptId);
    if (!attempt) throw new ProblemError('not-found', 'The run has no such attempt.');
    const notes = await notesOf(c.get('database'), id, [attemptId]);
    return c.text(attemptLog(attempt.evidence, notes.get(attemptId))?.text ?? '');
  };

  return {
    'GET /runs/:id': show,
    'GET /runs/:id/attempts/:attempt/log': showLog,
    'POST /runs/:id/cancel': control(cancelRun),
    'POST /runs/:id/resume': control(resumeFailedRun),
    'POST /runs/:id/retry-now': control(retryNow),
  };
}

/** More than a run may make. */
const ATTEMPTS_MAX = 1_000;
