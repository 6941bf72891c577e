import { componentsOf } from '../../core/component.ts';
import { mayManage, mayReset } from '../../core/environment.ts';
import type { Database } from '../../db/connection.ts';
import { listEnvironments, type RegisteredEnvironment } from '../../db/environments.ts';
import { type EnvironmentActivity, environmentActivity } from '../../db/health.ts';
import type { ApiParts } from '../context.ts';
import { callerOf } from '../guards/auth.ts';
import type { RouteHandler } from '../http/route.ts';
import { findEnvironment } from '../runs/find-environment.ts';
import { orderReset } from '../runs/order-reset.ts';
import { readRunView } from '../runs/read-run.ts';

export function environmentRoutes(parts: ApiParts) {
  const list: RouteHandler<'GET /v1/environments'> = async (c) => {
    const environments = await listEnvironments(c.get('database'));
    return c.json({ items: environments.map(environmentView) });
  };

  const get: RouteHandler<'GET /v1/environments/:name'> = async (c) => {
    const { host } = c.req.valid('query');
    const { name } = c.req.valid('param');
    const database = c.get('database');
    return c.json(await readEnvironment(database, await findEnvironment(database, { name, host })));
  };

  const reset: RouteHandler<'POST /v1/environments/:name/reset'> = async (c) => {
    const order = { ...c.req.valid('json'), name: c.req.valid('param').name };
    const { 'Idempotency-Key': idempotencyKey = null } = c.req.valid('header');
    const { keyId } = callerOf(c);
    const database = c.get('database');
    const caller = { keyId, idempotencyKey };
    const { detail, replayed } = await orderReset(database, parts, { order, caller });
    c.header('Location', `/v1/runs/${detail.run.id}`);
    if (replayed) c.header('Idempotency-Replayed', 'true');
    return c.json(await readRunView(database, detail), 202);
  };

  return {
    'GET /v1/environments': list,
    'GET /v1/environments/:name': get,
    'POST /v1/environments/:name/reset': reset,
  };
}

/** Nothing of the definition but what is named here: it may hold credentials. */
function environmentView(environment: RegisteredEnvironment) {
  const { name, host, workingDirectory, definition, maintenance, health, seenAt } = environment;
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
    maintenance,
    healthy: health?.healthy ?? null,
    seenAt,
  };
}

/** An environment by itself, with what goes on there and what the watch saw last: `null` where it has not looked yet. */
export async function readEnvironment(database: Database, environment: RegisteredEnvironment) {
  const { stale, run, openIncident, desired } = await environmentActivity(database, environment.id);
  return {
    ...environmentView(environment),
    health: healthView(environment, { stale, desired }),
    currentRun: run,
    openIncident,
  };
}

/** Each component with the facts that speak of it. */
function healthView(
  { health, healthAt }: RegisteredEnvironment,
  { stale, desired }: Pick<EnvironmentActivity, 'stale' | 'desired'>,
) {
  if (health === null) return null;
  const { healthy, since = null, diagnoses, components } = health;
  return {
    at: healthAt,
    stale,
    healthy,
    since,
    diagnoses,
    components: components.map(({ since = null, failure = null, figures = {}, ...component }) => ({
      ...component,
      desired: desired[component.name] ?? component.desired,
      failure,
      figures,
      evidence: diagnoses.flatMap((found) => (found.component === component.name ? found.evidence : [])),
      since,
    })),
  };
}
