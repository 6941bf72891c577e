import { cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startServices } from '../../cli/up.ts';
import { parseConfig } from '../../core/config.ts';
import { parseEnvironment } from '../../core/environment.ts';
import { migrate } from '../../db/migrate.ts';
import { labEnvironment } from '../../lab/environment.ts';
import { bitcoind } from '../../worker/components/bitcoind.ts';
import { daemonMember, markerOf, type Stack } from '../../worker/components/stack.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { freePorts } from '../../worker/host/port.ts';
import { listPids, procLink, readStat } from '../../worker/host/proc.ts';
import { rpcCall } from '../../worker/host/rpc.ts';
import { findMarked } from '../../worker/host/spawn.ts';
import { stopProcess } from '../../worker/host/stop.ts';
import { allMembers, memberNamed } from '../../worker/observe.ts';
import { freshDatabase } from './postgres.ts';

/** A run as the API shows it, as far as tests look at it. */
export interface SeenRun {
  id: string;
  status: string;
  outcome: string | null;
  currentStage: string | null;
  nextAttemptAt: string | null;
  stages: { id: string; status: string; attempts: number; decision: string | null }[];
  attempts: {
    id: string;
    kind: string;
    stageId: string;
    number: number;
    decision: string | null;
    startedAt: string;
    finishedAt: string;
    status: string;
    error: { code: string; message: string } | null;
  }[];
  incidents: {
    component: string;
    failure: string;
    status: string;
    escalation: { reason: string; detail: string } | null;
    timeToDetectionMs: number | null;
    recoveryAttempts: {
      number: number;
      outcome: string;
      delaySeconds: number;
      strategy: string;
      actions: { type: string; component?: string; port?: number; result: string }[];
    }[];
  }[];
}

/** Davylamp as its users have it, API and worker as processes, with a practice stack of its own. */
export interface Davylamp {
  url: string;
  apiKey: string;
  labDirectory: string;
  ports: { stratum: number; stratumFallbacks: number[] };
  fetch(path: string, init?: RequestInit): Promise<Response>;
  post(pipelineName: string): Promise<SeenRun>;
  read(id: string): Promise<SeenRun>;
  /** The run as soon as it looks like this. */
  until(id: string, what: string, looks: (run: SeenRun) => boolean, timeoutMs?: number): Promise<SeenRun>;
  untilFinished(id: string, timeoutMs?: number): Promise<SeenRun>;
  /** The processes of a component; more than one is a fault. */
  pidsOf(component: string): Promise<number[]>;
  /** The pid of our own worker or API process. */
  pidOf(service: 'api' | 'worker'): Promise<number>;
  /** Arms a failpoint for whichever process comes by first; needs the option `failpoints`. */
  arm(name: string, order: FailpointOrder): Promise<void>;
  /** The failpoints that are armed and were not reached yet. */
  armed(): Promise<string[]>;
  /** Asks the stack's daemon. */
  rpc(method: string, params?: unknown[]): Promise<unknown>;
}

/** `name` of `arm` is `<point>` or `<point>@<where>`, as in core/failpoint.ts. */
export type FailpointOrder = 'kill' | 'stop' | `block ${number}`;

export interface DavylampOptions {
  /** Pipeline files to be found beside the shipped ones. */
  pipelines?: string[];
  redisUrl?: string;
  settingsFile?: string;
  /** The name of the environment; `lab` unless told otherwise. */
  name?: string;
  /** Of `davy.json`: unless told otherwise, data may be wiped. */
  resettable?: boolean;
  /** Hosts and networks that webhooks may call. */
  webhookAllow?: string;
  /** Whether API and worker look for failpoints. */
  failpoints?: boolean;
  leaseSeconds?: number;
}

const READY_POLL_MS = 20;

/** Starts it for the running test; everything is stopped and removed when the test is over. */
export async function startDavylamp({
  pipelines = [],
  redisUrl,
  settingsFile,
  name = 'lab',
  resettable = true,
  webhookAllow,
  failpoints = false,
  leaseSeconds,
}: DavylampOptions = {}): Promise<Davylamp> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'davy-e2e-')));
  const labDirectory = join(home, 'lab');
  const pipelinesDir = join(home, 'pipelines');
  await mkdir(labDirectory);
  await mkdir(pipelinesDir);
  await mkdir(join(home, 'failpoints'));
  for (const file of pipelines) await cp(file, join(pipelinesDir, `${pipelines.indexOf(file)}.json`));
  const [rpc = 0, p2p = 0, peerRpc = 0, peerP2p = 0, stratum = 0, second = 0, third = 0, api = 0] =
    await freePorts(8);
  const ports = { rpc, p2p, peerRpc, peerP2p, stratum, stratumFallbacks: [second, third] };
  const document = { ...labEnvironment(name, ports), resettable };
  await writeFile(join(labDirectory, 'davy.json'), JSON.stringify(document));
  const stack = stackIn(labDirectory, document);
  onTestFinished(async ({ task }) => {
    await endStack(stack);
    if (task.result?.state === 'fail') console.log(`"${task.name}" failed; its files are in ${home}`);
    else await rm(home, { recursive: true, force: true });
  });
  const davylamp = await startServices({
    config: configOf({
      // One that an API finds again that was killed.
      DAVY_PORT: `${api}`,
      DAVY_HOST: 'rig-1',
      DAVY_DATA_DIR: join(home, 'data'),
      DAVY_ROOTS: labDirectory,
      DAVY_PIPELINES: pipelinesDir,
      DATABASE_URL: await freshDatabase(migrate),
      REDIS_URL: redisUrl,
      DAVY_SETTINGS: settingsFile,
      DAVY_WEBHOOK_ALLOW: webhookAllow,
      DAVY_FAILPOINTS: failpoints ? join(home, 'failpoints') : undefined,
      DAVY_LEASE_SECONDS: leaseSeconds?.toString(),
    }),
    log: () => {},
  });
  onTestFinished(() => davylamp.close());
  return driver(davylamp, stack, ports, home);
}

function configOf(variables: Record<string, string | undefined>) {
  const parsed = parseConfig(variables, { hostname: 'rig-1', workingDirectory: '/' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

function stackIn(directory: string, document: unknown): Stack {
  const parsed = parseEnvironment(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return { environmentId: '', environment: parsed.environment, directory, stateDirectory: directory };
}

async function endStack(stack: Stack): Promise<void> {
  for (const member of allMembers(stack).reverse())
    for (const process of await findMarked(markerOf(member)))
      await stopProcess(process, { termMs: 0, killMs: 5_000 });
}

function driver(
  { url, apiKey }: { url: string; apiKey: string },
  stack: Stack,
  ports: Davylamp['ports'],
  home: string,
): Davylamp {
  const call = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, url), {
      signal: AbortSignal.timeout(60_000),
      ...init,
      headers: { authorization: `Bearer ${apiKey}`, ...init.headers },
    });
  const read = async (id: string) => (await (await call(`/v1/runs/${id}`)).json()) as SeenRun;
  const until: Davylamp['until'] = async (id, what, looks, timeoutMs = 60_000) =>
    await waitUntil(
      async () => {
        const run = await read(id);
        return looks(run) ? run : null;
      },
      { timeoutMs, intervalMs: READY_POLL_MS, what },
    ).catch(async (error: Error) => {
      throw new Error(`${error.message}; the run is ${JSON.stringify(await read(id), null, 1)}`);
    });
  return {
    url,
    apiKey,
    labDirectory: stack.directory,
    ports,
    fetch: call,
    read,
    until,
    untilFinished: (id, timeoutMs) => until(id, 'the run ends', ({ status }) => FINAL.has(status), timeoutMs),
    async post(pipelineName) {
      const response = await call('/v1/runs', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ pipelineName, userPrompt: 'a test', workingDirectory: stack.directory }),
      });
      if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
      return (await response.json()) as SeenRun;
    },
    async pidsOf(component) {
      const member = memberNamed(stack, component);
      if (!member) throw new Error(`the lab has no ${component}`);
      return (await findMarked(markerOf(member))).map(({ pid }) => pid);
    },
    pidOf: (service) => serviceProcess(service, join(home, 'data')),
    arm: (name, order) => writeFile(join(home, 'failpoints', name), order),
    armed: () => readdir(join(home, 'failpoints')),
    async rpc(method, params = []) {
      return await rpcCall(await bitcoind.endpoint(daemonMember(stack)), method, params);
    },
  };
}

const FINAL = new Set(['succeeded', 'failed', 'escalated', 'cancelled']);

/** The process whose output goes to the log of that service. */
async function serviceProcess(service: string, dataDir: string): Promise<number> {
  const log = join(dataDir, 'logs', `${service}.log`);
  const found = listPids().filter((pid) => procLink(pid, 'fd/1') === log && readStat(pid)?.state !== 'Z');
  const [pid] = found;
  if (pid === undefined) throw new Error(`no process writes ${log}`);
  return pid;
}
