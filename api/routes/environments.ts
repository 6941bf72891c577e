import { componentsOf } from '../../core/component.ts';
import { mayManage, mayReset } from '../../core/environment.ts';
import { listEnvironments, type RegisteredEnvironment } from '../../db/environments.ts';
import { readBody, readJson } from '../body.ts';
import type { ApiHandler, ApiParts } from '../context.ts';
import { findEnvironment } from '../find-environment.ts';
import { nudge } from '../nudge.ts';
import { readRun, readRunView } from '../read-run.ts';
import { hostQuery, readQuery, resetRequest, valid } from '../request.ts';
import { submitReset } from '../submit-reset.ts';

export function environmentRoutes({ pipelines, dispatcher, log }: ApiParts) {
  const list: ApiHandler = async (c) => {
    const environments = await listEnvironments(c.get('database'));
    return c.json({ items: environments.map(environmentView) });
  };

  const get: ApiHandler = async (c) => {
    const { host } = readQuery(c, hostQuery);
    const name = c.req.param('name') ?? '';
    return c.json(environmentDetail(await findEnvironment(c.get('database'), { name, host })));
  };

  const reset: ApiHandler = async (c) => {
    const { text } = await readBody(c, ['application/json']);
    const request = valid(resetRequest, readJson(text));
    const name = c.req.param('name') ?? '';
    const { runId } = await submitReset({ database: c.get('database'), pipelines }, { ...request, name });
    const detail = await readRun(c.get('database'), runId);
    nudge(dispatcher, detail.run, log);
    c.header('Location', `/v1/runs/${runId}`);
    return c.json(await readRunView(c.get('database'), detail), 202);
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

/** An environment by itself, with what the watch saw last: `null` where it has not looked yet. */
export function environmentDetail(environment: RegisteredEnvironment) {
  const { health, healthAt } = environment;
  return { ...environmentView(environment), health: health && { at: healthAt, ...health } };
}
