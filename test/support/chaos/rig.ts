import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Failpoint } from '../../../core/failpoint.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { MARKS_PIPELINE, type Mark, marksPipeline, readMarks, writeEnvironment } from '../marks.ts';
import { Service } from './service.ts';

export interface RigOptions {
  /** What one host's workers reach the database and the queue by; `null`: the APIs. */
  address(host: string | null): { databaseUrl: string; redisUrl?: string };
  apis?: number;
  hosts?: number;
  /** On one host: the first takes the fences, the others wait for its end. */
  workersPerHost?: number;
  environmentsPerHost?: number;
  stages?: number;
  stageSeconds?: number;
}

export interface RigEnvironment {
  host: string;
  directory: string;
}

/** Davylamp as several real processes, on environments in which nothing but commands that leave marks runs. */
export interface Rig {
  urls: string[];
  apiKey: string;
  apis: Service[];
  workers: Service[];
  environments: RigEnvironment[];
  /** Arms a failpoint for whichever process comes by first: `kill`, `stop`, or `block <ms>`. */
  arm(point: Failpoint, order: string, where?: string): Promise<string>;
  /** Requests a run. One answer, whatever it is. */
  post(environment: RigEnvironment, idempotencyKey: string, options?: PostOptions): Promise<Response>;
  get(path: string): Promise<Response>;
  /** Every line that a worker wrote. */
  logs(): Promise<string[]>;
  /** All marks, by the folder of their environment. */
  marks(): Promise<Map<string, Mark[]>>;
}

export interface PostOptions {
  /** Which of the APIs. */
  api?: number;
  timeoutMs?: number;
}

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;
const ANSWER_TIMEOUT_MS = 5_000;

/** Looks that nobody needs here are rare, and what is tried again is tried soon. */
const SETTINGS = {
  recoveryBackoffSeconds: [1, 1, 1],
  detectionIntervalSeconds: 3600,
  maxStageAttempts: 1000,
};

/** Starts it for the running test; its files are removed when the test has passed. */
export async function startRig(options: RigOptions): Promise<Rig> {
  const {
    apis = 1,
    hosts = 1,
    workersPerHost = 1,
    environmentsPerHost = 1,
    stages = 5,
    stageSeconds = 0,
  } = options;
  const home = await realpath(await mkdtemp(join(tmpdir(), 'davy-marks-')));
  const at = (...names: string[]) => join(home, ...names);
  const services: Service[] = [];
  onTestFinished(async ({ task }) => {
    await Promise.all(services.map((service) => service.end()));
    if (task.result?.state === 'fail') console.log(`"${task.name}" failed; its files are in ${home}`);
    else await rm(home, { recursive: true, force: true });
  });
  for (const folder of ['pipelines', 'failpoints', 'logs']) await mkdir(at(folder));
  await writeFile(at('pipelines', 'marks.json'), JSON.stringify(marksPipeline({ stages, stageSeconds })));
  await writeFile(at('settings.json'), JSON.stringify(SETTINGS));
  const names = Array.from({ length: hosts }, (_, index) => `rig-${index + 1}`);
  const environments = await writeEnvironments(home, names, environmentsPerHost);
  const variables = (host: string | null): Record<string, string> => {
    const { databaseUrl, redisUrl } = options.address(host);
    return {
      DATABASE_URL: databaseUrl,
      ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
      DAVY_PIPELINES: at('pipelines'),
      DAVY_SETTINGS: at('settings.json'),
      DAVY_FAILPOINTS: at('failpoints'),
      DAVY_DATA_DIR: at('data', host ?? 'api'),
    };
  };
  const ports = await freePorts(apis);
  const apiServices = ports.map(
    (port, index) =>
      new Service({
        name: `api-${index + 1}`,
        command: 'api',
        variables: { ...variables(null), DAVY_HOST: 'front', DAVY_PORT: `${port}`, DAVY_ROOTS: home },
        logFile: at('logs', `api-${index + 1}.log`),
      }),
  );
  const workers = names.flatMap((host) =>
    Array.from({ length: workersPerHost }, (_, index) => {
      const name = `${host}-${index + 1}`;
      const own = { DAVY_HOST: host, DAVY_ROOTS: at('roots', host) };
      return new Service({
        name,
        command: 'worker',
        variables: { ...variables(host), ...own },
        logFile: at('logs', `${name}.log`),
      });
    }),
  );
  services.push(...apiServices, ...workers);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  // The first API makes the key that the others find.
  const [first, ...others] = apiServices;
  first?.start();
  for (const worker of workers) worker.start();
  await waitUntil(() => answers(urls[0] ?? ''), ready('the first API listens'));
  for (const api of others) api.start();
  const apiKey = (await readFile(at('data', 'api', 'api-key'), 'utf8')).trim();
  const rig = rigOf({ urls, apiKey, apis: apiServices, workers, environments }, at('failpoints'));
  await Promise.all(urls.map((url) => waitUntil(() => answers(url), ready(`${url} listens`))));
  await waitUntil(() => isRegistered(rig), ready('every environment is registered'));
  return rig;
}

function ready(what: string) {
  return { timeoutMs: READY_TIMEOUT_MS, intervalMs: READY_POLL_MS, what };
}

async function writeEnvironments(home: string, hosts: string[], count: number): Promise<RigEnvironment[]> {
  const ports = await freePorts(3);
  const environments: RigEnvironment[] = [];
  for (const host of hosts)
    for (let number = 1; number <= count; number++) {
      const name = `${host}-stack-${number}`;
      const directory = join(home, 'roots', host, name);
      await writeEnvironment(directory, name, ports);
      environments.push({ host, directory });
    }
  return environments;
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1_000) })).ok;
}

async function isRegistered(rig: Rig): Promise<boolean> {
  const response = await rig.get('/v1/environments');
  const { items } = (await response.json()) as { items: unknown[] };
  return items.length === rig.environments.length;
}

type Parts = Pick<Rig, 'urls' | 'apiKey' | 'apis' | 'workers' | 'environments'>;

function rigOf(parts: Parts, failpoints: string): Rig {
  const { urls, apiKey, environments } = parts;
  const call = (
    path: string,
    { api = 0, timeoutMs = ANSWER_TIMEOUT_MS, ...init }: PostOptions & RequestInit,
  ) =>
    fetch(new URL(path, urls[api % urls.length]), {
      ...init,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { authorization: `Bearer ${apiKey}`, ...init.headers },
    });
  return {
    ...parts,
    async arm(point, order, where) {
      const file = join(failpoints, where === undefined ? point : `${point}@${where}`);
      await writeFile(file, order);
      return file;
    },
    post: ({ host, directory }, idempotencyKey, options = {}) =>
      call('/v1/runs', {
        ...options,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify({
          pipelineName: MARKS_PIPELINE,
          userPrompt: 'leave marks',
          workingDirectory: directory,
          host,
        }),
      }),
    get: (path) => call(path, {}),
    async logs() {
      const texts = await Promise.all(parts.workers.map(({ logFile }) => readFile(logFile, 'utf8')));
      return texts.flatMap((text) => text.split('\n'));
    },
    async marks() {
      const all = environments.map(async ({ directory }) => [directory, await readMarks(directory)] as const);
      return new Map(await Promise.all(all));
    },
  };
}
