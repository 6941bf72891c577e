import type { Scope } from '../../db/keys.ts';

/**
 * Every page, every form and every file of theirs with the scope that it wants of whoever is signed in. As with the
 * routes of the API, one that is not in this table does not exist, and one without a handler does not compile. A form
 * is a POST: it is taken from pages of this server only, and written to the audit log.
 */
export const PAGE_ACCESS = {
  'GET /assets/:name': 'public',
  'GET /sign-in': 'public',
  'POST /session': 'public',
  'POST /sign-out': 'public',
  'GET /docs': 'public',
  'GET /docs/:file': 'public',
  'GET /live': 'read',
  'GET /': 'read',
  'GET /runs': 'read',
  'GET /runs/new': 'read',
  'POST /runs/new': 'run',
  'GET /runs/:id': 'read',
  'GET /runs/:id/attempts/:attempt/log': 'read',
  'GET /incidents': 'read',
  'GET /incidents/:id': 'read',
  'GET /incidents/:id/report.md': 'read',
  'GET /incidents/:id/report.json': 'read',
  'GET /recovery': 'read',
  'GET /environments/:name/reset': 'read',
  'POST /environments/:name/reset': 'reset',
  'POST /runs/:id/cancel': 'run',
  'POST /runs/:id/resume': 'run',
  'POST /runs/:id/retry-now': 'run',
} as const satisfies Record<string, Scope | 'public'>;

export type PageRoute = keyof typeof PAGE_ACCESS;
