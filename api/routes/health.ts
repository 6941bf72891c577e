import type { ApiParts } from '../context.ts';
import type { RouteHandler } from '../http/route.ts';

export function healthRoutes({ dispatcher }: ApiParts) {
  const alive: RouteHandler<'GET /healthz'> = (c) => c.json({ status: 'ok' });

  /** Runs are accepted as long as Postgres answers: the queue is only told about. */
  const ready: RouteHandler<'GET /readyz'> = async (c) => {
    const [queue] = await Promise.all([
      dispatcher.health(),
      c.get('database').query((db) => db.execute('select 1')),
    ]);
    return c.json({ status: 'ready', postgres: 'ok', queue: queue.ok ? 'ok' : 'unavailable' });
  };

  return { 'GET /healthz': alive, 'GET /readyz': ready };
}
