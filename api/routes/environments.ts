import { componentsOf } from '../../core/component.ts';
import { mayManage, mayReset } from '../../core/environment.ts';
import { listEnvironments, type RegisteredEnvironment } from '../../db/environments.ts';
import type { ApiHandler } from '../context.ts';

export function environmentRoutes() {
  const list: ApiHandler = async (c) => {
    const environments = await listEnvironments(c.get('database'));
    return c.json({ items: environments.map(environmentView) });
  };
  return { 'GET /v1/environments': list };
}

/** Nothing of the definition but what is named here: it may hold credentials. */
function environmentView({ name, host, workingDirectory, definition, seenAt }: RegisteredEnvironment) {
  return {
    name,
    host,
    workingDirectory,
    network: definition.network,
    managed: mayManage(definition),
    resettable: mayReset(definition),
    components: componentsOf(definition).map((component) => ({
      name: component.name,
      role: component.role,
      kind: component.kind,
    })),
    seenAt,
  };
}
