import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../../db/embedded/launcher.ts';

/** A Postgres of a test's own, and the ways to break it. */
export interface BreakablePostgres {
  url: string;
  port: number;
  /** SIGQUIT is an immediate shutdown, SIGKILL a crash. */
  kill(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void>;
  /** Starts it again after `kill`, on the same port and data. */
  restart(): Promise<void>;
  freeze(): void;
  thaw(): void;
  query<T extends pg.QueryResultRow>(statement: string, values?: unknown[]): Promise<T[]>;
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
}

const QUERY_TIMEOUT_MS = 5_000;

export async function startBreakablePostgres(): Promise<BreakablePostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'davy-chaos-postgres-'));
  const settings = { fsync: 'off', full_page_writes: 'off', wal_init_zero: 'off' };
  const launch = () => startEmbeddedPostgres({ dataDir, settings });
  let server = await launch();
  let frozen: number[] = [];
  const { url, port } = server;
  return {
    url,
    port,
    async kill(signal) {
      process.kill(server.pid, signal);
      await server.exited;
    },
    async restart() {
      server = await launch();
      if (server.url !== url) throw new Error('Postgres moved to another port');
    },
    freeze() {
      process.kill(server.pid, 'SIGSTOP');
      frozen = [server.pid, ...childrenOf(server.pid)];
      for (const pid of frozen) signalled(pid, 'SIGSTOP');
    },
    thaw() {
      for (const pid of frozen.reverse()) signalled(pid, 'SIGCONT');
      frozen = [];
    },
    async query<T extends pg.QueryResultRow>(statement: string, values: unknown[] = []) {
      const client = new pg.Client({
        connectionString: url,
        connectionTimeoutMillis: QUERY_TIMEOUT_MS,
        query_timeout: QUERY_TIMEOUT_MS,
      });
      client.on('error', () => {});
      try {
        await client.connect();
        return (await client.query<T>(statement, values)).rows;
      } finally {
        await client.end().catch(() => {});
      }
    },
    async stop() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A session may end between the look for it and the signal: the others must be thawed all the same. */
function signalled(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}
