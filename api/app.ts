import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { ACCESS, isPage, type PageRoute, type Route } from './access.ts';
import { auditCalls } from './audit.ts';
import { requireKey, requireScope } from './auth.ts';
import { withBudget } from './budget.ts';
import type { ApiEnv, ApiHandler, ApiMiddleware, ApiParts, Log } from './context.ts';
import { type ApiRoute, operationOf } from './contract/index.ts';
import { dashboard } from './dashboard.ts';
import { requireSameOrigin } from './origin.ts';
import { pages } from './pages/pages.ts';
import { answerProblem } from './pages/problem.tsx';
import { answerError, ProblemError } from './problem.ts';
import { limitRate } from './rate-limit.ts';
import type { RouteHandler } from './route.ts';
import { attemptRoutes } from './routes/attempts.ts';
import { auditRoutes } from './routes/audit.ts';
import { docsRoutes } from './routes/docs.ts';
import { environmentRoutes } from './routes/environments.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { hostRoutes } from './routes/hosts.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { keyRoutes } from './routes/keys.ts';
import { maintenanceRoutes } from './routes/maintenance.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { pipelineRoutes } from './routes/pipelines.ts';
import { runRoutes } from './routes/runs.ts';
import { sessionRoutes } from './routes/session.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { securityHeaders } from './security-headers.ts';
import { validators } from './validate.ts';
import { withoutKeys } from './without-keys.ts';

/** The HTTP API and the queue dashboard. */
export function createApi(parts: ApiParts): Hono<ApiEnv> {
  const { database, log } = parts;
  const app = new Hono<ApiEnv>();
  app.onError((error, c) => answerError(error, c, log));
  app.notFound((c) => answerProblem(notFound(), c, log));
  app.use(observe(log), securityHeaders, async (c, next) => {
    c.set('database', withBudget(database));
    await next();
  });
  app.use(auditCalls(parts));
  app.use('/v1/*', limitRate(parts.rateLimit));
  app.use('/session', requireSameOrigin);
  mount(app, {
    ...healthRoutes(parts),
    ...sessionRoutes(),
    ...runRoutes(parts),
    ...pipelineRoutes(parts),
    ...attemptRoutes(),
    ...eventRoutes(parts),
    ...hostRoutes(),
    ...environmentRoutes(parts),
    ...maintenanceRoutes(parts),
    ...incidentRoutes(),
    ...metricsRoutes(),
    ...webhookRoutes(parts),
    ...keyRoutes(),
    ...auditRoutes(),
    ...docsRoutes(),
  });
  app.all('/v1/*', requireKey, () => {
    throw notFound();
  });
  app.route('/', pages(parts));
  app.route('/queues', dashboard('/queues', parts));
  app.get('/queues/', (c) => c.redirect('/queues'));
  return app;
}

/** Every route needs one, and each may only answer what the contract says. */
type Handlers = { readonly [R in ApiRoute]: RouteHandler<R> } & Readonly<Record<PageRoute, ApiHandler>>;

/** Every route behind its scope; the other methods of its path are refused by name. */
function mount(app: Hono<ApiEnv>, handlers: Handlers): void {
  const methods = new Map<string, string[]>();
  for (const [route, handler] of Object.entries(handlers)) {
    const [method = '', path = ''] = route.split(' ');
    app.on(method, [path], ...guards(route as Route), handler as ApiHandler);
    methods.set(path, [...(methods.get(path) ?? []), ...(method === 'GET' ? ['GET', 'HEAD'] : [method])]);
  }
  for (const [path, allowed] of methods)
    app.all(path, (c) => {
      throw new ProblemError('method-not-allowed', `${c.req.method} is not allowed here.`, {
        headers: { Allow: allowed.join(', ') },
      });
    });
}

function guards(route: Route): ApiMiddleware[] {
  const scope = ACCESS[route];
  const doors = scope === 'public' ? [] : [requireKey, requireScope(scope)];
  return isPage(route) ? doors : [...doors, ...validators(operationOf(route))];
}

function notFound(): ProblemError {
  return new ProblemError('not-found', 'No route has this path.');
}

/** Gives each request an id, and the log a line about it: the path without its query, which may hold anything. */
function observe(log: Log): ApiMiddleware {
  return async (c, next) => {
    const startedAt = performance.now();
    c.set('requestId', randomUUID());
    await next();
    c.header('X-Request-Id', c.get('requestId'));
    log('info', 'request', {
      requestId: c.get('requestId'),
      method: c.req.method,
      path: withoutKeys(c.req.path),
      status: c.res.status,
      durationMs: Math.round(performance.now() - startedAt),
      keyId: c.get('caller')?.keyId,
    });
  };
}
