import { viewHosts } from '../../db/environments.ts';
import type { RouteHandler } from '../http/route.ts';

export function hostRoutes() {
  const list: RouteHandler<'GET /v1/hosts'> = async (c) => {
    const hosts = await viewHosts(c.get('database'));
    return c.json({
      items: hosts.map(({ name, alive, seenAt, startedAt, roots, environments }) => ({
        name,
        alive,
        seenAt,
        startedAt,
        roots,
        environments,
      })),
    });
  };
  return { 'GET /v1/hosts': list };
}
