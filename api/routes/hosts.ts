import { listHosts } from '../../db/environments.ts';
import type { ApiHandler } from '../context.ts';

export function hostRoutes() {
  const list: ApiHandler = async (c) => {
    const hosts = await listHosts(c.get('database'));
    return c.json({
      items: hosts.map(({ name, roots, startedAt, seenAt }) => ({ name, roots, startedAt, seenAt })),
    });
  };
  return { 'GET /v1/hosts': list };
}
