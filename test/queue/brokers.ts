import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../db/embedded/launcher.ts';
import type { DispatchJob } from '../../queue/port.ts';
import { redisMissing, startRedis } from '../support/redis.ts';

/** A broker of a test's own, and the ways to break it. */
export interface Broker {
  config: { redisUrl?: string; databaseUrl: string };
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Loses every job. */
  wipe(): Promise<void>;
  stop(): Promise<void>;
}

export const BROKERS = [
  { broker: 'Redis', missing: redisMissing, start: startRedisBroker },
  { broker: 'Postgres', missing: undefined, start: startPostgresBroker },
].map((entry) => ({ ...entry, title: entry.missing ?? 'works' }));

async function startRedisBroker(): Promise<Broker> {
  const redis = await startRedis();
  return {
    config: { redisUrl: redis.url, databaseUrl: 'postgres://127.0.0.1:1/none' },
    freeze: redis.freeze,
    thaw: redis.thaw,
    kill: redis.kill,
    restart: redis.restart,
    wipe: async () => {
      await redis.command('FLUSHALL');
    },
    stop: redis.stop,
  };
}

async function startPostgresBroker(): Promise<Broker> {
  const dataDir = await mkdtemp(join(tmpdir(), 'davy-queue-'));
  const launch = () => startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  let server = await launch();
  const signal = (name: NodeJS.Signals) => {
    for (const pid of [server.pid, ...childrenOf(server.pid)]) process.kill(pid, name);
  };
  return {
    config: { databaseUrl: server.url },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    kill: async () => {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    restart: async () => {
      const { url } = server;
      server = await launch();
      if (server.url !== url) throw new Error(`Postgres moved from ${url} to ${server.url}`);
    },
    wipe: async () => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query('TRUNCATE davylamp_queue.job CASCADE');
      await client.end();
    },
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** A job for a run of its own. */
export function someJob(host: string, more: Partial<DispatchJob> = {}): DispatchJob {
  return { kind: 'stages', host, name: 'start_daemon', runId: randomUUID(), dispatch: 1, ...more };
}

/** Polls until `condition` holds. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${condition}`);
    await pause(5);
  }
}

/** A promise that resolves when the test says so. */
export function gateOf(): { opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
