import { noFailpoints } from '../../core/failpoint.ts';
import { listRuns } from '../../db/runs.ts';
import type { ApiParts } from '../context.ts';
import { RunChanges } from '../events/run-changes.ts';
import { callerOf } from '../guards/auth.ts';
import { withBudget } from '../guards/budget.ts';
import { writeCursor } from '../http/cursor.ts';
import { answerWithETag, matches } from '../http/etag.ts';
import { pageOf } from '../http/page-of.ts';
import { defined } from '../http/request.ts';
import type { RouteContext, RouteHandler } from '../http/route.ts';
import { type ControlOrder, cancelRun, resumeFailedRun, retryNow } from '../runs/control-run.ts';
import { nudge } from '../runs/nudge.ts';
import { awaitChange, LONG_POLLS_MAX, readRun, readRunView, tagOf } from '../runs/read-run.ts';
import { submitRun } from '../runs/submit-run.ts';
import { summaryView } from '../runs/view.ts';

type ControlRoute = `POST /v1/runs/:id/${'cancel' | 'resume' | 'retry-now'}`;

export function runRoutes({
  database,
  dispatcher,
  pipelines,
  reach = noFailpoints,
  log,
  longPollsMax: pollsMax = LONG_POLLS_MAX,
}: ApiParts) {
  const changes = new RunChanges(database, log);

  const post: RouteHandler<'POST /v1/runs'> = async (c) => {
    const request = c.req.valid('json');
    const { 'Idempotency-Key': idempotencyKey = null } = c.req.valid('header');
    const caller = { keyId: callerOf(c).keyId, idempotencyKey };
    const { runId, replayed } = await submitRun({ database: c.get('database'), pipelines }, request, caller);
    reach('commit', request.pipelineName);
    const detail = await readRun(c.get('database'), runId);
    if (!replayed) nudge(dispatcher, detail.run, log);
    const view = await readRunView(c.get('database'), detail);
    c.header('Location', `/v1/runs/${runId}`);
    c.header('ETag', tagOf(detail));
    if (replayed) c.header('Idempotency-Replayed', 'true');
    reach('answer', request.pipelineName);
    return c.json(view, 202);
  };

  const list: RouteHandler<'GET /v1/runs'> = async (c) => {
    const { limit, cursor, pipeline, ...rest } = c.req.valid('query');
    const filter = { ...rest, pipelineNames: pipeline, before: cursor };
    const rows = await listRuns(c.get('database'), defined(filter), limit + 1);
    const { items, next } = pageOf(rows, limit, ({ run }) => writeCursor('runs', run.id));
    return answerWithETag(c, {
      items: items.map(({ run, environment }) => summaryView(run, environment)),
      nextCursor: next,
    });
  };

  const get: RouteHandler<'GET /v1/runs/:id'> = async (c) => {
    const { id } = c.req.valid('param');
    const { wait } = c.req.valid('query');
    const { 'If-None-Match': known } = c.req.valid('header');
    const { signal } = c.req.raw;
    const detail =
      wait === 0
        ? await readRun(c.get('database'), id)
        : await awaitChange({ database, changes, pollsMax, signal }, { id, known, waitMs: wait * 1000 });
    const tag = tagOf(detail);
    c.header('ETag', tag);
    c.header('Cache-Control', 'private, no-cache');
    if (matches(known, tag)) return c.body(null, 304);
    return c.json(await readRunView(wait === 0 ? c.get('database') : withBudget(database), detail));
  };

  /** Somebody takes a hand in a run: 202 with the run as it is then. */
  const control = (order: ControlOrder) => async (c: RouteContext<ControlRoute>) => {
    const { id } = c.req.valid('param');
    const isDue = await order(c.get('database'), id, callerOf(c).keyId);
    const detail = await readRun(c.get('database'), id);
    if (isDue) nudge(dispatcher, detail.run, log);
    c.header('Location', `/v1/runs/${id}`);
    c.header('ETag', tagOf(detail));
    return c.json(await readRunView(c.get('database'), detail), 202);
  };

  return {
    'POST /v1/runs': post,
    'GET /v1/runs': list,
    'GET /v1/runs/:id': get,
    'POST /v1/runs/:id/cancel': control(cancelRun),
    'POST /v1/runs/:id/resume': control(resumeFailedRun),
    'POST /v1/runs/:id/retry-now': control(retryNow),
  };
}
