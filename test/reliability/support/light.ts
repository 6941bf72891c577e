import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import type { Failpoint } from '../../../core/failpoint.ts';
import { type Database, openDatabase } from '../../../db/connection.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { Service } from '../../support/chaos/service.ts';
import { type Mark, readMarks, writeEnvironment } from '../../support/marks.ts';
import type { AtEnd } from './endings.ts';
import { GATE, HELD, PIPELINES } from './steps.ts';

export const HOST = 'rig-1';

export interface LightOptions {
  databaseUrl: string;
  redisUrl?: string | undefined;
  /** Another way to the database and the queue: the test itself always takes the straight one. */
  forApi?: { databaseUrl?: string; redisUrl?: string };
  forWorkers?: { databaseUrl?: string; redisUrl?: string };
  /** Further variables of the workers. */
  workerVariables?: Record<string, string>;
  environments?: number;
  /** Of one host; the second is started by the test. */
  workers?: number;
  /** The further workers have data directories of their own. */
  dataOfEach?: boolean;
  leaseSeconds?: number;
  settings?: Record<string, unknown>;
  /** The uid that it all runs under and that owns its files; ours unless told otherwise. */
  user?: number | undefined;
}

/** A run as the API shows it, as far as these tests look at it. */
export interface LightRun {
  id: string;
  status: string;
  attempts: { stageId: string | null; kind: string; status: string }[];
}

export interface Answer {
  status: number;
  code: string | null;
  run: LightRun;
  durationMs: number;
}

/** API and worker as processes, on environments in which nothing but short commands ever runs. */
export interface Light {
  url: string;
  api: Service;
  workers: Service[];
  worker: Service;
  /** The folders of the environments. */
  folders: string[];
  database: Database;
  post(pipelineName: string, options?: { folder?: string; key?: string }): Promise<Answer>;
  /** A run of {@link HELD} whose first stage is at work. */
  postHeld(folder?: string): Promise<LightRun>;
  ask(path: string): Promise<{ status: number; durationMs: number; body: Record<string, unknown> }>;
  cancel(id: string): Promise<void>;
  openGate(folder?: string): Promise<void>;
  untilSucceeded(id: string, timeoutMs?: number): Promise<LightRun>;
  arm(point: Failpoint, order: string): Promise<string>;
  marks(folder?: string): Promise<Mark[]>;
  /** Every stage of the three was begun once and ended once, in order. */
  expectEachOnce(folder?: string): Promise<void>;
  rows<T>(query: string): Promise<T[]>;
  /** What a service wrote to its log. */
  logOf(service: Service): Promise<{ msg: string; reason?: string; adoptedRuns?: number }[]>;
}

const READY = { timeoutMs: 60_000, intervalMs: 20 };
const ANSWER_TIMEOUT_MS = 6_000;

/** Looks that nobody needs here are rare, and what is tried again is tried soon. */
const SETTINGS = {
  detectionIntervalSeconds: 3600,
  maxStageAttempts: 1000,
  recoveryBackoffSeconds: [1, 1, 1],
};

/** Only what fails waits for so long: less than a lease, and enough for a service that starts on a busy machine. */
const SOON_MS = 45_000;

export const soon = (what: string, timeoutMs = SOON_MS) => ({ timeoutMs, intervalMs: 20, what });

/** Starts it, and waits until the worker has its environments. */
export async function startLight(options: LightOptions, atEnd: AtEnd): Promise<Light> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'davy-light-')));
  const services: Service[] = [];
  atEnd(async () => {
    await Promise.all(services.map((service) => service.end()));
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  const folders = await furnish(home, options);
  if (options.user !== undefined) execFileSync('chown', ['-R', `${options.user}`, home]);
  const [port = 0] = await freePorts(1);
  const database = openDatabase(options.databaseUrl);
  atEnd(() => database.close());
  const made = servicesIn(home, port, options);
  services.push(made.api, ...made.workers);
  const light = driver(home, `http://127.0.0.1:${port}`, { ...made, folders, database });
  light.api.start();
  light.worker.start();
  await waitUntil(() => isReady(light), { ...READY, what: 'the API knows every environment' });
  await waitUntil(async () => (await light.logOf(light.worker)).some(({ msg }) => msg === 'worker ready'), {
    ...READY,
    what: 'the worker is ready',
  });
  return light;
}

/** Makes the folders and files that it works with. */
async function furnish(home: string, { environments = 1, settings = {} }: LightOptions): Promise<string[]> {
  for (const folder of ['pipelines', 'failpoints', 'logs']) await mkdir(join(home, folder));
  for (const pipeline of PIPELINES)
    await writeFile(join(home, 'pipelines', `${pipeline.id}.json`), JSON.stringify(pipeline));
  await writeFile(join(home, 'settings.json'), JSON.stringify({ ...SETTINGS, ...settings }));
  const ports = await freePorts(3);
  const folders: string[] = [];
  for (let number = 1; number <= environments; number++) {
    const folder = join(home, 'roots', `stack-${number}`);
    await writeEnvironment(folder, `stack-${number}`, ports);
    folders.push(folder);
  }
  return folders;
}

function servicesIn(home: string, port: number, options: LightOptions) {
  const { databaseUrl, redisUrl, leaseSeconds = 60, workers: count = 1 } = options;
  const variables = (own: { databaseUrl: string; redisUrl?: string | undefined }) => ({
    DATABASE_URL: own.databaseUrl,
    ...(own.redisUrl !== undefined && { REDIS_URL: own.redisUrl }),
    DAVY_HOST: HOST,
    DAVY_ROOTS: join(home, 'roots'),
    DAVY_DATA_DIR: join(home, 'data'),
    DAVY_PIPELINES: join(home, 'pipelines'),
    DAVY_SETTINGS: join(home, 'settings.json'),
    DAVY_FAILPOINTS: join(home, 'failpoints'),
    DAVY_LEASE_SECONDS: `${leaseSeconds}`,
  });
  const service = (name: string, command: 'api' | 'worker', own: Record<string, string>) =>
    new Service({
      name,
      command,
      variables: own,
      logFile: join(home, 'logs', `${name}.log`),
      user: options.user,
    });
  const ofWorkers = {
    ...variables({ databaseUrl, redisUrl, ...options.forWorkers }),
    ...options.workerVariables,
  };
  const [worker, ...others] = Array.from({ length: count }, (_, index) =>
    service(`worker-${index + 1}`, 'worker', {
      ...ofWorkers,
      ...(options.dataOfEach && index > 0 && { DAVY_DATA_DIR: join(home, `data-${index + 1}`) }),
    }),
  );
  if (!worker) throw new RangeError('one worker at least');
  const api = service('api', 'api', {
    ...variables({ databaseUrl, redisUrl, ...options.forApi }),
    DAVY_PORT: `${port}`,
    // Thousands of runs are posted as fast as they are taken.
    DAVY_RATE_LIMIT: 'off',
  });
  return { api, worker, workers: [worker, ...others] };
}

async function isReady({ ask, folders }: Light): Promise<boolean> {
  const { body } = await ask('/v1/environments');
  return Array.isArray(body.items) && body.items.length === folders.length;
}

type Parts = Pick<Light, 'api' | 'worker' | 'workers' | 'folders' | 'database'>;

function driver(home: string, url: string, parts: Parts): Light {
  const { folders, database } = parts;
  const [first = ''] = folders;
  const call = async (path: string, init: RequestInit = {}) => {
    const apiKey = await readFile(join(home, 'data', 'api-key'), 'utf8');
    const startedAt = performance.now();
    const response = await fetch(new URL(path, url), {
      ...init,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      headers: { authorization: `Bearer ${apiKey.trim()}`, ...init.headers },
    });
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, body, durationMs: performance.now() - startedAt };
  };
  const light: Light = {
    ...parts,
    url,
    ask: (path) => call(path),
    async post(pipelineName, { folder = first, key } = {}) {
      const { status, body, durationMs } = await call('/v1/runs', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
        body: JSON.stringify({ pipelineName, userPrompt: 'leave marks', workingDirectory: folder }),
      });
      const code = typeof body.code === 'string' ? body.code : null;
      return { status, code, run: body as unknown as LightRun, durationMs };
    },
    async postHeld(folder = first) {
      const { status, run } = await light.post(HELD, { folder });
      expect(status).toBe(202);
      await waitUntil(async () => (await light.marks(folder)).length > 0, soon('its first stage is at work'));
      return run;
    },
    async cancel(id) {
      expect((await call(`/v1/runs/${id}/cancel`, { method: 'POST' })).status).toBe(202);
    },
    openGate: (folder = first) => writeFile(join(folder, GATE), ''),
    async untilSucceeded(id, timeoutMs = SOON_MS) {
      const run = await waitUntil(
        async () => {
          const { body } = await call(`/v1/runs/${id}`);
          const seen = body as unknown as LightRun;
          return FINAL.has(seen.status) ? seen : null;
        },
        soon(`run ${id} ends`, timeoutMs),
      );
      expect(run.status).toBe('succeeded');
      return run;
    },
    async arm(point, order) {
      const file = join(home, 'failpoints', point);
      await writeFile(file, order);
      return file;
    },
    marks: (folder = first) => readMarks(folder),
    async expectEachOnce(folder = first) {
      const seen = (await readMarks(folder)).map(({ word, stageId }) => `${word} ${stageId}`);
      expect(seen).toEqual(['one', 'two', 'three'].flatMap((id) => [`begin ${id}`, `end ${id}`]));
    },
    rows: async <T>(query: string) =>
      [...(await database.query((db) => db.execute(sql.raw(query))))] as unknown as T[],
    async logOf({ logFile }) {
      if (!existsSync(logFile)) return [];
      const lines = (await readFile(logFile, 'utf8')).split('\n');
      return lines
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line));
    },
  };
  return light;
}

const FINAL = new Set(['succeeded', 'failed', 'escalated', 'cancelled']);
