import { endMaintenance, setMaintenance } from '../../db/maintenance.ts';
import type { ApiParts } from '../context.ts';
import { callerOf } from '../guards/auth.ts';
import type { RouteHandler } from '../http/route.ts';
import { findEnvironment } from '../runs/find-environment.ts';
import { nudge } from '../runs/nudge.ts';
import { callWatchOff } from '../runs/preempt.ts';
import { readEnvironment } from './environments.ts';

/**
 * Maintenance: the watch looks on and does not act, and what it has begun is called off. Runs that somebody asks for are
 * carried out all the same.
 */
export function maintenanceRoutes({ dispatcher, log }: Pick<ApiParts, 'dispatcher' | 'log'>) {
  const begin: RouteHandler<'POST /v1/environments/:name/maintenance'> = async (c) => {
    const { reason = null, host } = c.req.valid('json');
    const database = c.get('database');
    const wanted = { name: c.req.valid('param').name, host };
    const { id } = await findEnvironment(database, wanted);
    const { keyId } = callerOf(c);
    await setMaintenance(database, id, { reason, by: keyId });
    for (const run of await callWatchOff(database, id, keyId)) nudge(dispatcher, run, log);
    return c.json(await readEnvironment(database, await findEnvironment(database, wanted)));
  };

  const end: RouteHandler<'DELETE /v1/environments/:name/maintenance'> = async (c) => {
    const { host } = c.req.valid('query');
    const database = c.get('database');
    const { id } = await findEnvironment(database, { name: c.req.valid('param').name, host });
    await endMaintenance(database, id);
    return c.body(null, 204);
  };

  return {
    'POST /v1/environments/:name/maintenance': begin,
    'DELETE /v1/environments/:name/maintenance': end,
  };
}
