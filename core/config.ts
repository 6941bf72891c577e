import { z } from 'zod';
import { type Problem, zodProblems } from './errors.ts';
import { parseAllowance, type WebhookAllowance } from './webhook.ts';

const hostName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be letters, digits, . _ or -, 63 at most');
const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `must be a URL like ${example}` });

/** The environment variables that Davylamp reads; everything else it needs comes from files and flags. */
const configSchema = z.object({
  DAVY_PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number, 0 to 65535')
    .default('8420')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a port number, 0 to 65535'),
  DAVY_BIND: z
    .union([z.ipv4(), z.ipv6(), z.literal('localhost')], { error: 'must be an address' })
    .default('127.0.0.1'),
  DAVY_DATA_DIR: z.string().min(1).default('.davy'),
  DAVY_HOST: hostName.optional(),
  DAVY_ROOTS: z.string().min(1).optional(),
  DAVY_ENVIRONMENT: z
    .string()
    .regex(/^[^/]+\.json$/, 'must be the name of a JSON file')
    .default('davy.json'),
  DAVY_PIPELINES: z.string().min(1).optional(),
  DAVY_SETTINGS: z.string().min(1).optional(),
  DAVY_API_KEY: z.string().min(1).optional(),
  DAVY_URL: url(/^https?$/, 'http://127.0.0.1:8420').optional(),
  DAVY_WEBHOOK_ALLOW: z.string().min(1).optional(),
  DAVY_LEASE_SECONDS: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number of seconds, 4 to 3600')
    .default('60')
    .transform(Number)
    .refine((seconds) => seconds >= 4 && seconds <= 3_600, 'must be a number of seconds, 4 to 3600'),
  DAVY_RATE_LIMIT: z
    .union([z.literal('off').transform(() => null), z.coerce.number().min(0.01).max(10_000)], {
      error: 'must be "off" or a factor, 0.01 to 10000',
    })
    .default(1),
  DAVY_FAILPOINTS: z.string().startsWith('/', 'must be an absolute folder').optional(),
  DATABASE_URL: url(/^postgres(ql)?$/, 'postgres://user:password@host:5432/database').optional(),
  REDIS_URL: url(/^rediss?$/, 'redis://host:6379').optional(),
});

export const VARIABLE_NAMES: readonly string[] = Object.keys(configSchema.shape);

export interface Config {
  /** Where the API listens; 0 takes a free port. */
  port: number;
  bind: string;
  dataDir: string;
  host: string;
  /** The folders under which working directories may lie. */
  roots: string[];
  /** The name of the file that describes an environment. */
  environmentFile: string;
  /** A folder with pipelines beside the shipped ones. */
  pipelinesDir: string | null;
  settingsFile: string | null;
  apiKey: string | null;
  /** Where clients find the API. */
  url: string;
  /** Hosts and addresses that webhooks may call though they are private. */
  webhookAllowance: WebhookAllowance;
  /** How long a claim of a worker holds without a sign of life. */
  leaseSeconds: number;
  /** How many times the usual budgets of requests each caller has; `null`: no limits. */
  rateLimit: number | null;
  /** A folder whose files arm failpoints, for tests of what a crash leaves behind. */
  failpointsDir: string | null;
  databaseUrl: string | null;
  redisUrl: string | null;
}

/** What the process knows of itself where the environment says nothing. */
export interface ConfigDefaults {
  hostname: string;
  workingDirectory: string;
}

/** Reads the configuration from environment variables; all problems at once. An empty variable counts as unset. */
export function parseConfig(
  variables: Readonly<Record<string, string | undefined>>,
  defaults: ConfigDefaults,
): { ok: true; config: Config } | { ok: false; problems: Problem[] } {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = configSchema.safeParse(given);
  const allowance = parseAllowance(given.DAVY_WEBHOOK_ALLOW ?? '');
  const problems = [
    ...(parsed.success ? [] : zodProblems(parsed.error)),
    ...(given.DAVY_HOST === undefined ? hostProblems(defaults.hostname) : []),
    ...rootProblems(given.DAVY_ROOTS),
    ...allowance.wrong.map((entry) => ({
      path: 'DAVY_WEBHOOK_ALLOW',
      message: `"${entry}" is no host, address or CIDR range`,
    })),
  ];
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  const { data } = parsed;
  return {
    ok: true,
    config: {
      port: data.DAVY_PORT,
      bind: data.DAVY_BIND,
      dataDir: data.DAVY_DATA_DIR,
      host: data.DAVY_HOST ?? defaults.hostname,
      roots: data.DAVY_ROOTS === undefined ? [defaults.workingDirectory] : rootsIn(data.DAVY_ROOTS),
      environmentFile: data.DAVY_ENVIRONMENT,
      pipelinesDir: data.DAVY_PIPELINES ?? null,
      settingsFile: data.DAVY_SETTINGS ?? null,
      apiKey: data.DAVY_API_KEY ?? null,
      url:
        data.DAVY_URL ??
        `http://${data.DAVY_BIND.includes(':') ? `[${data.DAVY_BIND}]` : data.DAVY_BIND}:${data.DAVY_PORT}`,
      webhookAllowance: { hosts: allowance.hosts, ranges: allowance.ranges },
      leaseSeconds: data.DAVY_LEASE_SECONDS,
      rateLimit: data.DAVY_RATE_LIMIT,
      failpointsDir: data.DAVY_FAILPOINTS ?? null,
      databaseUrl: data.DATABASE_URL ?? null,
      redisUrl: data.REDIS_URL ?? null,
    },
  };
}

function hostProblems(hostname: string): Problem[] {
  if (hostName.safeParse(hostname).success) return [];
  return [{ path: 'DAVY_HOST', message: `the hostname "${hostname}" will not do; set DAVY_HOST` }];
}

function rootsIn(list: string): string[] {
  return list.split(':').filter((root) => root !== '');
}

function rootProblems(list = ''): Problem[] {
  return rootsIn(list)
    .filter((root) => !root.startsWith('/'))
    .map((root) => ({ path: 'DAVY_ROOTS', message: `"${root}" is not absolute` }));
}
