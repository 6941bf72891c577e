/** Which rooms a room may import from, itself aside. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  db: ['core'],
  queue: ['core'],
  outside: ['core'],
  lab: ['core'],
  schemas: ['core'],
  api: ['core', 'db', 'queue', 'outside'],
  worker: ['core', 'db', 'queue', 'outside'],
  drill: ['core', 'lab', 'worker'],
  cli: ['core', 'db', 'queue', 'lab', 'api', 'worker', 'drill'],
  bench: ['core', 'db', 'queue', 'lab', 'api', 'worker', 'cli'],
};

/** Where each outside library lives: folders, or single files. The tests use what they need. */
export const HOMES: Readonly<Record<string, readonly string[]>> = {
  'd3-scale': ['api/pages'],
  'd3-shape': ['api/pages'],
  zod: ['core', 'db', 'queue', 'api', 'worker', 'cli', 'drill', 'lab', 'schemas'],
  hono: ['api'],
  'zod-openapi': ['api/contract'],
  '@hono': ['api'],
  'swagger-ui-dist': ['api'],
  '@dagrejs': ['api/pages'],
  idiomorph: ['api/pages'],
  '@fontsource-variable': ['api/pages'],
  bullmq: ['queue'],
  ioredis: ['queue'],
  pg: ['queue'],
  '@bull-board': ['api', 'queue'],
  'drizzle-orm': ['db'],
  'drizzle-kit': ['drizzle.config.ts'],
  postgres: ['db'],
  uuid: ['db'],
  execa: ['worker/host'],
  'jsonc-parser': ['worker'],
  'prom-client': ['api'],
  'cli-truncate': ['cli/terminal'],
  commander: ['cli'],
  'fastest-levenshtein': ['cli'],
  'log-update': ['cli/live'],
  picocolors: ['cli/terminal'],
  'string-width': ['cli/live', 'cli/terminal'],
  'wrap-ansi': ['cli/terminal'],
  pino: ['cli'],
  'playwright-core': ['bench'],
  vitest: ['vitest.config.ts', 'vitest.long.config.ts'],
};

/**
 * The floors of the worker, the highest first: a file imports from its own floor or from below. A folder stands
 * for all that is in it; every file of the worker stands on one.
 */
export const WORKER_FLOORS: readonly (readonly string[])[] = [
  ['main.ts'],
  ['engine.ts', 'registry.ts', 'reconcile.ts', 'watch.ts', 'watch'],
  ['attempt.ts'],
  ['work.ts', 'lease.ts', 'strayed.ts'],
  ['claim.ts', 'stage.ts', 'recovery.ts', 'reset.ts', 'reset', 'journal.ts', 'notes.ts', 'notices'],
  ['repair.ts', 'rungs.ts'],
  ['agents', 'actions.ts'],
  ['observe.ts', 'known-secrets.ts'],
  ['components'],
  ['host'],
  ['log.ts', 'settings.ts', 'job.ts', 'crashes.ts', 'outage.ts', 'scarcity.ts', 'clock.ts', 'suspects.ts'],
];

/** What `core` must not touch: it is handed its clock, its ids and everything it knows of the world. */
export const IMPURE: readonly RegExp[] = [
  /\bprocess\.(env|argv|cwd|hrtime)\b/,
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bperformance\.now\(/,
  /\bMath\.random\(/,
  /\bcrypto\.random/,
  /\bset(Timeout|Interval|Immediate)\(/,
  /\bfetch\(/,
  /\bconsole\./,
];
