import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { migrate } from '../../../db/migrate.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { startRedis } from '../redis.ts';
import { chanceOf } from './chance.ts';
import { startClients } from './clients.ts';
import { type Findings, givenUp, judge, readLedger } from './ledger.ts';
import { release } from './monkey.ts';
import { openPassage, type Passage } from './passage.ts';
import { type BreakablePostgres, startBreakablePostgres } from './postgres.ts';
import { startRig } from './rig.ts';
import { openMeddler } from './wake-queue.ts';
import type { Pace, World } from './world.ts';

export interface ChaosOptions {
  backend: 'redis' | 'postgres';
  seed: number;
  runs: number;
  stages: number;
  hosts: number;
  environmentsPerHost: number;
  pace: Pace;
  /** How long the faults may go on at most; after that nothing new is wanted. */
  faultsMsMax: number;
}

export interface ChaosFigures {
  backend: string;
  seed: number;
  runs: number;
  effects: number;
  /** Stage attempts that succeeded: as many as effects, if all is well. */
  succeeded: number;
  requests: number;
  /** Processes that ended and were started again. */
  restarts: number;
  faults: Map<string, number>;
  hindered: string[];
  faultSeconds: number;
  /** From the end of the last fault to the end of the last run. */
  drainSeconds: number;
  load: number;
  /** Runs whose workers died three times with them in hand. */
  givenUp: number;
  findings: Findings;
  refused: string[];
}

const BACKLOG = 3;
const DRAIN_MS_MAX = 120_000;
const PROGRESS_MS = 250;
const WORKERS_PER_HOST = 2;
const APIS = 2;

/** Safety while the faults last, then silence and the drain. */
export async function runChaos(options: ChaosOptions): Promise<ChaosFigures> {
  const chance = chanceOf(options.seed);
  const world = await build(options, chance);
  const { rig, postgres } = world;
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const progress = followProgress(postgres, ending.signal);
  const clients = startClients({
    rig,
    chance: chance.fork(),
    runs: options.runs,
    backlog: BACKLOG,
    finished: (id) => progress.finished.has(id),
    signal: ending.signal,
  });
  const startedAt = performance.now();
  const monkey = release(world, options.pace, chance.fork());
  onTestFinished(() => monkey.stop());
  await within(options.faultsMsMax, clients.done, ending.signal);
  clients.stop();
  await monkey.stop();
  const silentAt = performance.now();
  await drained(postgres, clients.done);
  const drainSeconds = (performance.now() - silentAt) / 1000;
  ending.abort();
  const ledger = await readLedger(postgres);
  const marks = await rig.marks();
  const effects = [...marks.values()].flat().filter(({ word }) => word === 'end').length;
  return {
    backend: options.backend,
    seed: options.seed,
    runs: ledger.runs.length,
    effects,
    succeeded: ledger.attempts.filter(({ status }) => status === 'succeeded').length,
    requests: clients.intentions.requests,
    restarts: [...rig.apis, ...rig.workers].reduce((sum, { ends }) => sum + ends, 0),
    faults: monkey.counts,
    hindered: monkey.hindered,
    faultSeconds: (silentAt - startedAt) / 1000,
    drainSeconds,
    load: loadavg()[0] ?? 0,
    givenUp: givenUp(ledger).length,
    findings: judge(ledger, clients.intentions.accepted, marks),
    refused: clients.intentions.refused,
  };
}

async function within(ms: number, work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  await Promise.race([work, pause(ms, undefined, { signal, ref: false }).catch(() => {})]);
}

/** Whatever is unfinished after this long is told as that. */
async function drained(postgres: BreakablePostgres, posted: Promise<unknown>): Promise<void> {
  const none = async () => {
    await posted;
    const rows = await postgres.query<{ count: string }>(
      'select count(*) from runs where finished_at is null',
    );
    return rows[0]?.count === '0';
  };
  await waitUntil(none, { timeoutMs: DRAIN_MS_MAX, intervalMs: PROGRESS_MS, what: 'every run ends' }).catch(
    () => {},
  );
}

function followProgress(postgres: BreakablePostgres, signal: AbortSignal): { finished: Set<string> } {
  const finished = new Set<string>();
  const follow = async () => {
    while (!signal.aborted) {
      const rows = await postgres
        .query<{ id: string }>('select id from runs where finished_at is not null')
        .catch(() => []);
      for (const { id } of rows) finished.add(id);
      await pause(PROGRESS_MS);
    }
  };
  void follow();
  return { finished };
}

async function build(options: ChaosOptions, chance: ReturnType<typeof chanceOf>): Promise<World> {
  const postgres = await startBreakablePostgres();
  onTestFinished(() => postgres.stop());
  await migrate(postgres.url);
  const redis = options.backend === 'redis' ? await startRedis() : null;
  if (redis) onTestFinished(() => redis.stop());
  const ways = await openWays(options.hosts, {
    database: postgres.port,
    ...(redis && { queue: redis.port }),
  });
  onTestFinished(async () => {
    await Promise.all(ways.map(({ passage }) => passage.close()));
  });
  const by = (host: string | null, to: string, url: string) => {
    const way = ways.find((one) => one.host === host && one.to === to);
    return way ? withPort(url, way.passage.port) : url;
  };
  const rig = await startRig({
    address: (host) => ({
      databaseUrl: by(host, 'database', postgres.url),
      ...(redis && { redisUrl: by(host, 'queue', redis.url) }),
    }),
    apis: APIS,
    hosts: options.hosts,
    workersPerHost: WORKERS_PER_HOST,
    environmentsPerHost: options.environmentsPerHost,
    stages: options.stages,
  });
  const meddler = openMeddler({ databaseUrl: postgres.url, redisUrl: redis?.url }, chance.fork());
  onTestFinished(() => meddler.close());
  return { rig, postgres, redis, ways, meddler };
}

async function openWays(hosts: number, ports: Record<string, number>): Promise<World['ways']> {
  const ways: { host: string; to: string; passage: Passage }[] = [];
  for (let number = 1; number <= hosts; number++)
    for (const [to, port] of Object.entries(ports))
      ways.push({ host: `rig-${number}`, to, passage: await openPassage(port) });
  return ways;
}

function withPort(url: string, port: number): string {
  const other = new URL(url);
  other.port = `${port}`;
  return other.href;
}
