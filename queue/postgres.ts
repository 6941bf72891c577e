import { Socket } from 'node:net';
import {
  type BackendFactory,
  type PgPool,
  PostgresConnection,
  type PostgresConnectionOptions,
  PostgresQueueBackend,
  Queue,
  runMigrations,
  Worker,
} from 'bullmq';
import pg from 'pg';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { settledWithin, within } from './deadline.ts';
import { type Link, QUEUE_SETTINGS, WORKER_SETTINGS } from './link.ts';
import { steady } from './steady.ts';

const SCHEMA = 'davylamp_queue';
const MIGRATION_TIMEOUT_MS = 30_000;
const POOL_END_TIMEOUT_MS = 500;

/** BullMQ remembers a failed first contact for ever; the schema is there before any queue is opened. */
class MigratedConnection extends PostgresConnection {
  override async waitUntilReady(): Promise<void> {}
}

const migratedBackend: BackendFactory<PostgresQueueBackend, PostgresConnectionOptions> = (
  name,
  options,
  { withBlockingConnection = false } = {},
) => {
  const connection = new MigratedConnection(options.connection);
  const listenerName = withBlockingConnection ? name : undefined;
  return steady(new PostgresQueueBackend(connection, name, options, true, listenerName));
};

/** @param unansweredMs how long a query may stay unanswered before its connection is given up. */
export function postgresLink(databaseUrl: string, unansweredMs: number, log: Log): Link {
  const sockets = new Set<Socket>();
  const pool = openPool(databaseUrl, unansweredMs, sockets);
  pool.on('error', (error) => log('warn', 'Postgres connection failed', { reason: messageOf(error) }));
  const connection = pool as unknown as PgPool;
  return {
    open: async () => {
      await migrate(databaseUrl);
      await pool.query('SELECT 1');
    },
    queue: (name) => new Queue(name, { ...QUEUE_SETTINGS, connection }, migratedBackend),
    worker: (name, process, concurrency) =>
      new Worker(name, process, { ...WORKER_SETTINGS, connection, concurrency }, migratedBackend),
    connected: () => true,
    refused: isRefusal,
    problem: async () => {
      await pool.query('SELECT 1');
      return undefined;
    },
    close: () => closePool(pool, sockets),
  };
}

/** Creates or upgrades BullMQ's tables, in a schema of their own. Throws when the database is away. */
async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 5_000,
    query_timeout: MIGRATION_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await within(MIGRATION_TIMEOUT_MS, 'Migration of the queues', runMigrations(client, SCHEMA));
  } finally {
    await settledWithin(POOL_END_TIMEOUT_MS, client.end());
  }
}

function openPool(databaseUrl: string, unansweredMs: number, sockets: Set<Socket>): pg.Pool {
  const pool = new pg.Pool({
    ...withSettings(databaseUrl),
    application_name: 'davylamp-queue',
    max: 6,
    min: 1,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 3_000,
    query_timeout: unansweredMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    stream: () => tracked(sockets),
  });
  // Between two queries of a transaction nobody listens to a client, and its end would be the end of us.
  pool.on('connect', (client) => client.on('error', () => {}));
  // Every queue and worker listens to its errors.
  pool.setMaxListeners(0);
  return pool;
}

/** The options of a URL win over ours unless they are put together; some providers need theirs. */
function withSettings(databaseUrl: string): { connectionString: string; options: string } {
  const url = new URL(databaseUrl);
  const own = url.searchParams.get('options') ?? '';
  url.searchParams.delete('options');
  // A wake-up call may be lost, so nobody waits for the disk on its behalf.
  const options = `${own} -c search_path=${SCHEMA} -c synchronous_commit=off`.trimStart();
  return { connectionString: url.href, options };
}

function tracked(sockets: Set<Socket>): Socket {
  const socket = new Socket();
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  return socket;
}

async function closePool(pool: pg.Pool, sockets: Set<Socket>): Promise<void> {
  await settledWithin(POOL_END_TIMEOUT_MS, pool.end());
  for (const socket of sockets) socket.destroy();
}

/** An error of the server's own, in a statement that it rolled back, or no connection at all. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && error.code === 'ECONNREFUSED') return true;
  return 'severity' in error && error.severity === 'ERROR';
}
