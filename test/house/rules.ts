/** Which rooms a room may import from, itself aside. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  disk: [],
  db: ['core', 'disk'],
  queue: ['core'],
  outside: ['core'],
  lab: ['core'],
  schemas: ['core'],
  api: ['core', 'db', 'queue', 'outside', 'disk'],
  worker: ['core', 'db', 'queue', 'outside', 'disk'],
  drill: ['core', 'lab', 'worker'],
  cli: ['core', 'db', 'queue', 'lab', 'api', 'worker', 'drill'],
  bench: ['core', 'db', 'queue', 'lab', 'api', 'worker', 'cli'],
};

/** Where each outside library lives: folders, or single files. The tests use what they need. */
export const HOMES: Readonly<Record<string, readonly string[]>> = {
  'd3-scale': ['api/pages'],
  'd3-shape': ['api/pages'],
  zod: ['core', 'db', 'queue', 'api', 'worker', 'cli', 'schemas'],
  hono: ['api'],
  'zod-openapi': ['api/contract'],
  '@hono': ['api'],
  'swagger-ui-dist': ['api'],
  '@dagrejs': ['api/pages'],
  idiomorph: ['api/pages'],
  'ipaddr.js': ['core/address.ts', 'api/guards'],
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

/** A path below /proc, as a string. */
export const PROC = /['"`]\/proc\b/;

/** Where it may stand: the private Postgres looks for its own leftovers, and must not know the worker. */
export const PROC_HOMES: readonly string[] = ['worker/host', 'db/embedded'];

/**
 * The floors of the worker, the highest first: a file imports from its own floor or from below. A folder stands
 * for all that is in it; every file of the worker stands on one.
 */
export const WORKER_FLOORS: readonly (readonly string[])[] = [
  ['main.ts'],
  ['engine.ts', 'registry.ts', 'roots.ts', 'reconcile.ts', 'lost.ts', 'watch.ts', 'watch'],
  ['attempt.ts'],
  ['work.ts', 'lease.ts', 'working-directory.ts'],
  ['run-claim.ts', 'stage.ts', 'recovery.ts', 'reset.ts', 'reset', 'journal.ts', 'notes.ts', 'notices'],
  ['repair.ts', 'rungs.ts'],
  ['agents', 'actions.ts'],
  ['observe.ts', 'known-secrets.ts'],
  ['components'],
  ['host'],
  [
    'settings.ts',
    'crashes.ts',
    'interruption.ts',
    'resource-exhaustion.ts',
    'clock.ts',
    'exclusive.ts',
    'suspects.ts',
  ],
];

/** What `core` may import: what they do depends on nothing but what they are given. */
export const PURE_LIBRARIES: ReadonlySet<string> = new Set(['zod', 'ipaddr.js']);

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
