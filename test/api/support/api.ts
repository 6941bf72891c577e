import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { createApi } from '../../../api/app.ts';
import type { ApiParts } from '../../../api/context.ts';
import { serveApi } from '../../../api/http/server.ts';
import { PipelineLibrary } from '../../../api/runs/pipeline-library.ts';
import { parseEnvironment } from '../../../core/environment.ts';
import { parseAllowance } from '../../../core/webhook.ts';
import { type Database, openDatabase } from '../../../db/connection.ts';
import { registerEnvironment, registerHost } from '../../../db/environments.ts';
import { createKey } from '../../../db/keys.ts';
import { migrate } from '../../../db/migrate.ts';
import type { Resolve } from '../../../outside/post.ts';
import { type BullDispatcher, openDispatcher } from '../../../queue/dispatcher.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { judge, routeOf, seenAnswers } from './documented.ts';

const SHIPPED = fileURLToPath(new URL('../../../pipelines', import.meta.url));
export const HOST = 'rig-1';

export interface LogLine {
  level: string;
  message: string;
  data: Record<string, unknown> | undefined;
}

export interface TestApi {
  url: string;
  /** With the admin scope. */
  key: string;
  database: Database;
  dispatcher: BullDispatcher;
  /** The root that the host allows, and the folder of the environment `lab` in it. */
  root: string;
  lab: string;
  logs: LogLine[];
  /** Every route that somebody can call, such as `GET /v1/runs/:id`. */
  routes: string[];
  close(): Promise<void>;
}

export interface StartOptions {
  databaseUrl?: string;
  redisUrl?: string;
  pipelineFolders?: string[];
  webhookAllow?: string;
  rateLimit?: number | null;
  resolveOutside?: Resolve;
  limits?: Parameters<typeof serveApi>[1]['limits'];
  eventStreams?: ApiParts['eventStreams'];
  longPollsMax?: number;
}

/** The whole API on a port of its own, with one registered host and one environment. */
export async function startApi(options: StartOptions = {}): Promise<TestApi> {
  const databaseUrl = options.databaseUrl ?? (await freshDatabase(migrate));
  const database = openDatabase(databaseUrl);
  const logs: LogLine[] = [];
  const log = (level: string, message: string, data?: Record<string, unknown>) => {
    logs.push({ level, message, data });
  };
  const queue = options.redisUrl === undefined ? {} : { redisUrl: options.redisUrl };
  const dispatcher = await openDispatcher({ ...queue, databaseUrl, log });
  const pipelines = new PipelineLibrary([SHIPPED, ...(options.pipelineFolders ?? [])]);
  const app = createApi({
    database,
    dispatcher,
    pipelines,
    webhookAllowance: parseAllowance(options.webhookAllow ?? ''),
    ...(options.rateLimit === undefined ? {} : { rateLimit: options.rateLimit }),
    ...(options.resolveOutside ? { resolveOutside: options.resolveOutside } : {}),
    log,
    ...(options.eventStreams ? { eventStreams: options.eventStreams } : {}),
    ...(options.longPollsMax === undefined ? {} : { longPollsMax: options.longPollsMax }),
  });
  const { url, close } = await serveApi(app, {
    port: 0,
    bind: '127.0.0.1',
    ...(options.limits ? { limits: options.limits } : {}),
  });
  onTestFinished(async () => {
    await close();
    await dispatcher.close();
    await database.close();
  });
  const root = await temporaryFolder();
  const lab = join(root, 'lab');
  await registerHost(database, { name: HOST, workerId: 'worker-1', roots: [root] });
  await addEnvironment(database, { host: HOST, name: 'lab', workingDirectory: lab });
  const key = await createKey(database, 'test', ['admin']);
  return { url, key, database, dispatcher, root, lab, logs, routes: routesOf(app), close };
}

/** Without what only refuses or passes on: that is there for all methods. */
function routesOf({ routes }: ReturnType<typeof createApi>): string[] {
  const named = routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`);
  return [...new Set(named)].sort();
}

export async function addEnvironment(
  database: Database,
  { host, name, workingDirectory }: { host: string; name: string; workingDirectory: string },
): Promise<void> {
  const credentials = { username: 'rpc', password: 'not-for-clients' };
  const parsed = parseEnvironment({ name, daemon: { credentials }, pool: {}, miners: [{}] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  await registerEnvironment(database, { host, workingDirectory, definition: parsed.environment });
}

/** The worker of the host lives on without any of its environments. */
export async function loseEnvironment({ database }: TestApi): Promise<void> {
  await database.query((db) => db.execute(`update hosts set started_at = now() - interval '1 hour'`));
  await database.query((db) => db.execute(`update environments set seen_at = now() - interval '1 minute'`));
}

export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'davylamp-api-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
  body: any;
}

export interface Ask {
  method?: string;
  /** `null`: none at all. */
  key?: string | null;
  headers?: Record<string, string>;
  /** A string or bytes are sent as they are, anything else as JSON. */
  body?: unknown;
  signal?: AbortSignal;
}

/** Asks the API, and sees to it that the answer is one that its contract has. */
export async function ask(api: TestApi, path: string, ask: Ask = {}): Promise<Answer> {
  const { method = ask.body === undefined ? 'GET' : 'POST', key = api.key, body } = ask;
  const response = await fetch(`${api.url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...ask.headers,
    },
    ...(body === undefined ? {} : { body: isSentAsIs(body) ? body : JSON.stringify(body) }),
    ...(ask.signal ? { signal: ask.signal } : {}),
  });
  const text = await response.text();
  const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '');
  const { status, headers } = response;
  const answer = { status, headers, body: isJson ? JSON.parse(text) : text };
  const route = routeOf(method, path);
  if (route !== null) seenAnswers.set(judge(route, answer), answer.body);
  return answer;
}

function isSentAsIs(body: unknown): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' || body instanceof Uint8Array;
}

/** A good request for a run. */
export function runRequest(api: TestApi, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    pipelineName: 'mining-infrastructure-setup',
    userPrompt: 'Set up',
    workingDirectory: api.lab,
    ...changes,
  };
}

export async function postRun(api: TestApi, changes: Record<string, unknown> = {}, more: Ask = {}) {
  return await ask(api, '/v1/runs', { body: runRequest(api, changes), ...more });
}

/** The last part of a problem's type. */
export function codeOf({ body }: Answer): string {
  return String(body?.type).replace('https://davylamp.dev/problems/', '');
}
