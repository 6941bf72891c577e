import type { Scope } from '../db/keys.ts';

/**
 * Every route with the scope that it wants. A route that is not in this table does not exist, and one without
 * a handler does not compile.
 */
export const ACCESS = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /sign-in': 'public',
  'POST /session': 'public',
  'POST /v1/runs': 'run',
  'GET /v1/runs': 'read',
  'GET /v1/runs/:id': 'read',
  'GET /v1/runs/:id/attempts': 'read',
  'GET /v1/runs/:id/events': 'read',
  'GET /v1/events': 'read',
  'POST /v1/runs/:id/cancel': 'run',
  'POST /v1/runs/:id/resume': 'run',
  'POST /v1/runs/:id/retry-now': 'run',
  'GET /v1/pipelines': 'read',
  'POST /v1/pipelines/validate': 'read',
  'GET /v1/hosts': 'read',
  'GET /v1/environments': 'read',
  'GET /v1/environments/:name': 'read',
  'POST /v1/environments/:name/maintenance': 'run',
  'DELETE /v1/environments/:name/maintenance': 'run',
  'POST /v1/environments/:name/reset': 'reset',
  'GET /v1/incidents': 'read',
  'GET /v1/incidents/:id': 'read',
  'GET /v1/incidents/:id/report': 'read',
  'GET /v1/recovery/metrics': 'read',
  'GET /metrics': 'read',
  'POST /v1/webhooks': 'admin',
  'GET /v1/webhooks': 'admin',
  'DELETE /v1/webhooks/:id': 'admin',
  'POST /v1/keys': 'admin',
  'GET /v1/keys': 'admin',
  'DELETE /v1/keys/:id': 'admin',
  'GET /v1/audit': 'admin',
  'POST /v1/webhooks/:id/test': 'admin',
  'GET /v1/webhooks/:id/deliveries': 'admin',
  'POST /v1/webhooks/:id/deliveries/:noticeId/retry': 'admin',
} as const satisfies Record<string, Scope | 'public'>;

export type Route = keyof typeof ACCESS;

/** The scope of the queue dashboard, for everything at and below `/queues`. */
export const DASHBOARD_SCOPE: Scope = 'admin';
