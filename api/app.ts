import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import type { Log } from '../core/log.ts';
import type { ApiEnv, ApiHandler, ApiMiddleware, ApiParts } from './context.ts';
import { type ApiRoute, operationOf } from './contract/index.ts';
import { dashboard } from './dashboard.ts';
import { auditCalls } from './guards/audit.ts';
import { requireKey, requireScope } from './guards/auth.ts';
import { withBudget } from './guards/budget.ts';
import { limitRate } from './guards/rate-limit.ts';
import { mount } from './http/mount.ts';
import { answerError, ProblemError } from './http/problem.ts';
import { redactKeys } from './http/redact-keys.ts';
import type { RouteHandler } from './http/route.ts';
import { securityHeaders } from './http/security-headers.ts';
import { validators } from './http/validate.ts';
import { pages } from './pages/pages.ts';
import { answerProblem } from './pages/problem.tsx';
import { attemptRoutes } from './routes/attempts.ts';
import { auditRoutes } from './routes/audit.ts';
import { environmentRoutes } from './routes/environments.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { hostRoutes } from './routes/hosts.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { keyRoutes } from './routes/keys.ts';
import { maintenanceRoutes } from './routes/maintenance.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { pipelineRoutes } from './routes/pipelines.ts';
import { runRoutes } from './routes/runs.ts';
import { webhookRoutes } from './routes/webhooks.ts';

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
  const handlers: Handlers = {
    ...healthRoutes(parts),
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
    ...openApiRoutes(),
  };
  mount(app, handlers as Record<ApiRoute, ApiHandler>, guardsOf);
  app.all('/v1/*', requireKey, () => {
    throw notFound();
  });
  app.route('/', pages(parts));
  app.route('/queues', dashboard('/queues', parts));
  app.get('/queues/', (c) => c.redirect('/queues'));
  return app;
}

/** Every route needs one, and each may only answer what the contract says. */
type Handlers = { readonly [R in ApiRoute]: RouteHandler<R> };

/** A key with the scope of the route, and all that its contract wants of a request. */
function guardsOf(route: ApiRoute): ApiMiddleware[] {
  const operation = operationOf(route);
  const auth = operation.scope === 'public' ? [] : [requireKey, requireScope(operation.scope)];
  return [...auth, ...validators(operation)];
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
      path: redactKeys(c.req.path),
      status: c.res.status,
      durationMs: Math.round(performance.now() - startedAt),
      keyId: c.get('caller')?.keyId,
    });
  };
}
