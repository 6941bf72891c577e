import { viewHosts } from '../../db/environments.ts';
import type { ApiHandler } from '../context.ts';

export function hostRoutes() {
  const list: ApiHandler = async (c) => {
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
