import { endMaintenance, setMaintenance } from '../../db/maintenance.ts';
import { callerOf } from '../auth.ts';
import { readBody, readJson } from '../body.ts';
import type { ApiHandler } from '../context.ts';
import { findEnvironment } from '../find-environment.ts';
import { hostQuery, maintenanceRequest, readQuery, valid } from '../request.ts';
import { readEnvironment } from './environments.ts';

/** Maintenance: the watch looks on and does not act. Runs that somebody asks for are carried out all the same. */
export function maintenanceRoutes() {
  const begin: ApiHandler = async (c) => {
    const { text } = await readBody(c, ['application/json']);
    const { reason = null, host } = valid(maintenanceRequest, readJson(text));
    const database = c.get('database');
    const wanted = { name: c.req.param('name') ?? '', host };
    const { id } = await findEnvironment(database, wanted);
    await setMaintenance(database, id, { reason, by: callerOf(c).keyId });
    return c.json(await readEnvironment(database, await findEnvironment(database, wanted)));
  };

  const end: ApiHandler = async (c) => {
    const { host } = readQuery(c, hostQuery);
    const database = c.get('database');
    const { id } = await findEnvironment(database, { name: c.req.param('name') ?? '', host });
    await endMaintenance(database, id);
    return c.body(null, 204);
  };

  return {
    'POST /v1/environments/:name/maintenance': begin,
    'DELETE /v1/environments/:name/maintenance': end,
  };
}
