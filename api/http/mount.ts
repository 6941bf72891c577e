import type { Hono } from 'hono';
import type { ApiEnv, ApiHandler, ApiMiddleware } from '../context.ts';
import { ProblemError } from './problem.ts';

/** Every route, such as `GET /v1/runs`, behind its guards; the other methods of its path are refused by name. */
export function mount<R extends string>(
  app: Hono<ApiEnv>,
  handlers: Readonly<Record<R, ApiHandler>>,
  guardsOf: (route: R) => readonly ApiMiddleware[],
): void {
  const methods = new Map<string, string[]>();
  for (const [route, handler] of Object.entries(handlers) as [R, ApiHandler][]) {
    const [method = '', path = ''] = route.split(' ');
    app.on(method, [path], ...guardsOf(route), handler);
    methods.set(path, [...(methods.get(path) ?? []), ...(method === 'GET' ? ['GET', 'HEAD'] : [method])]);
  }
  for (const [path, allowed] of methods)
    app.all(path, (c) => {
      throw new ProblemError('method-not-allowed', `${c.req.method} is not allowed here.`, {
        headers: { Allow: allowed.join(', ') },
      });
    });
}
