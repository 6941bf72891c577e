import { componentsOf } from '../../core/component.ts';
import { mayManage, mayReset } from '../../core/environment.ts';
import { listEnvironments, type RegisteredEnvironment } from '../../db/environments.ts';
import { readBody, readJson } from '../body.ts';
import type { ApiHandler, ApiParts } from '../context.ts';
import { nudge } from '../nudge.ts';
import { readRun, readRunView } from '../read-run.ts';
import { resetRequest, valid } from '../request.ts';
import { submitReset } from '../submit-reset.ts';

export function environmentRoutes({ pipelines, dispatcher, log }: ApiParts) {
  const list: ApiHandler = async (c) => {
    const environments = await listEnvironments(c.get('database'));
    return c.json({ items: environments.map(environmentView) });
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

  return { 'GET /v1/environments': list, 'POST /v1/environments/:name/reset': reset };
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
