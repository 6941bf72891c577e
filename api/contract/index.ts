import { environmentOperations } from './environments.ts';
import { eventOperations } from './events.ts';
import { incidentOperations } from './incidents.ts';
import { keyOperations } from './keys.ts';
import { metricsOperations } from './metrics.ts';
import type { Operation } from './operation.ts';
import { pipelineOperations } from './pipelines.ts';
import { probeOperations } from './probes.ts';
import { runOperations } from './runs.ts';
import { webhookOperations } from './webhooks.ts';

/** What the API promises, route by route: who may call it, what it takes, and everything that it may answer. */
export const CONTRACT = {
  ...runOperations,
  ...eventOperations,
  ...incidentOperations,
  ...environmentOperations,
  ...pipelineOperations,
  ...webhookOperations,
  ...keyOperations,
  ...metricsOperations,
  ...probeOperations,
};

export type Contract = typeof CONTRACT;
/** Such as `GET /v1/runs/:id`. */
export type ApiRoute = keyof Contract;

export const API_ROUTES = Object.keys(CONTRACT) as ApiRoute[];

/** The same table for those who read all of it. */
export function operationOf(route: ApiRoute): Operation {
  return CONTRACT[route];
}
