import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { DavyError } from '../core/errors.ts';
import * as schema from './schema.ts';

const CONNECTIONS_MAX = 10;
const CONNECT_TIMEOUT_SECONDS = 3;
const QUERY_TIMEOUT_MS = 5_000;

export type Drizzle = PostgresJsDatabase<typeof schema>;

/** The one door to Postgres: every query goes through it and has a deadline. */
export interface Database {
  /**
   * Runs queries under a deadline.
   * @throws DavyError `database-unavailable` when Postgres does not answer in time, cannot be reached, or takes no writes.
   */
  query<T>(run: (db: Drizzle) => Promise<T>, timeoutMs?: number): Promise<T>;
  /** Calls back with the payload of each `NOTIFY` on the channel. A hint, never a promise. */
  listen(channel: string, onNotify: (payload: string) => void): Promise<{ close(): Promise<void> }>;
  close(): Promise<void>;
}

/** Opens a pool of connections. They connect when they are first needed. */
export function openDatabase(url: string): Database {
  const options = {
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => {},
    // Nobody awaits the driver's question for the types of arrays: a connection that ends then would end us.
    fetch_types: false,
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
  };
  const client = postgres(url, { ...options, max: CONNECTIONS_MAX, idle_timeout: 60 });
  const db = drizzle({ client, schema });
  // Drizzle rewrites the type parsers of the client it is given, and LISTEN wants a connection of its own.
  const listener = postgres(url, { ...options, max: 1 });
  return {
    // A query of Drizzle runs anew at each `then`: awaiting it here, once, makes a plain promise of it.
    query: (run, timeoutMs = QUERY_TIMEOUT_MS) => answered((async () => await run(db))(), timeoutMs),
    async listen(channel, onNotify) {
      const { unlisten } = await listener.listen(channel, onNotify);
      return { close: unlisten };
    },
    async close() {
      await Promise.all([client.end({ timeout: 1 }), listener.end({ timeout: 1 })]);
    },
  };
}

/** What came of the work in time; trouble with the connection is `database-unavailable`. */
export async function answered<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    throw isConnectionError(error) ? unavailable(postgresMessage(error), error) : plain(error);
  } finally {
    clearTimeout(timer);
    // A query that answers after its deadline must not end the process as an unhandled rejection.
    work.catch(() => {});
  }
}

function unavailable(reason: string, cause?: unknown): DavyError {
  return new DavyError('database-unavailable', `Postgres: ${reason}`, {
    component: 'postgres',
    nextStep:
      'Check that Postgres runs, takes writes and has disk left, and that DATABASE_URL is right; the request can be repeated.',
    cause,
  });
}

interface PostgresError {
  code?: string;
  message: string;
  constraint_name?: string;
}

/** The error of the driver inside the one that Drizzle wraps around it. */
function postgresError(error: unknown): PostgresError | null {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? (inner as Error & PostgresError) : null;
}

/** The reason instead of the whole statement and its parameters, which have no place in a log. */
function plain(error: unknown): unknown {
  const inner = postgresError(error);
  return inner && inner !== error ? new Error(`Postgres: ${inner.message}`, { cause: inner }) : error;
}

function postgresMessage(error: unknown): string {
  return postgresError(error)?.message ?? String(error);
}

/**
 * Class 57P: the server goes down or comes up; 53 and 58030: it has no disk, memory or connection left; 25006: it
 * takes no writes just now; the rest are the driver's own codes, and those of a connection that could not be made.
 */
const CONNECTION_CODES =
  /^(57P0[1-5]|53\d00|58030|25006|08...|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EMFILE|ENFILE)$/;

function isConnectionError(error: unknown): boolean {
  return CONNECTION_CODES.test(postgresError(error)?.code ?? '');
}

/** The name of the unique constraint that a write violated, or `null`. */
export function violatedConstraint(error: unknown): string | null {
  const inner = postgresError(error);
  return inner?.code === '23505' ? (inner.constraint_name ?? '') : null;
}
