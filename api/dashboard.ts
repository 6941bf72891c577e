import { createBullBoard } from '@bull-board/api';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { listHosts } from '../db/environments.ts';
import { boardQueues } from '../queue/board.ts';
import type { ApiEnv, ApiMiddleware, ApiParts } from './context.ts';
import { requireScope } from './guards/auth.ts';
import { requireSameOrigin } from './guards/origin.ts';
import { requireVisitor } from './guards/visitor.ts';
import { ProblemError } from './http/problem.ts';

const ANSWER_TIMEOUT_MS = 5_000;

/** Bull Board below `/queues`, for admins: with a key, or signed in. */
export function dashboard(path: string, parts: ApiParts): Hono<ApiEnv> {
  const adapter = new BoardAdapter(serveStatic);
  adapter.setBasePath(path);
  const { addQueue } = createBullBoard({
    queues: [],
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: 'Davylamp queues' } },
  });
  const app = new Hono<ApiEnv>();
  app.use(requireVisitor, requireScope('admin'), requireSameOrigin, readOnly);
  app.use('/api/*', queuesOfHosts(parts, addQueue), withTimeout);
  app.route('/', adapter.registerPlugin());
  return app;
}

/** Its errors are answered like all others. */
class BoardAdapter extends HonoAdapter {
  override setErrorHandler(): this {
    return super.setErrorHandler((error) => {
      throw error;
    });
  }
}

/** Its queues are read-only too, but some of its commands are for all of them at once. */
const readOnly: ApiMiddleware = async (c, next) => {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return await next();
  throw new ProblemError('method-not-allowed', 'The queues are here to be looked at.', {
    headers: { Allow: 'GET, HEAD' },
    nextStep: 'Runs are changed by POST /v1/runs/{id}/cancel, /resume and /retry-now.',
  });
};

type AddQueue = ReturnType<typeof createBullBoard>['addQueue'];

/** Hosts appear while we run, and their queues with them. */
function queuesOfHosts({ dispatcher }: ApiParts, addQueue: AddQueue): ApiMiddleware {
  const shown = new Set<string>();
  return async (c, next) => {
    const hosts = await listHosts(c.get('database'));
    const fresh = hosts.map(({ name }) => name).filter((name) => !shown.has(name));
    for (const queue of boardQueues(dispatcher, fresh)) addQueue(queue);
    for (const name of fresh) shown.add(name);
    await next();
  };
}

/** Commands to a queue that is away wait until it is back; a browser should not. */
const withTimeout: ApiMiddleware = async (_, next) => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(queueUnavailable()), ANSWER_TIMEOUT_MS);
  });
  try {
    await Promise.race([next(), late]);
  } finally {
    clearTimeout(timer);
  }
};

function queueUnavailable(): ProblemError {
  return new ProblemError(
    'queue-unavailable',
    'The queue does not answer at the moment; runs go on without it.',
    {
      headers: { 'Retry-After': '5' },
    },
  );
}
