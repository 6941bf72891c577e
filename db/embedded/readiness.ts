import postgres from 'postgres';
import { DavyError, messageOf } from '../../core/errors.ts';
import { createDatabase } from './databases.ts';
import { type Deadline, poll } from './deadline.ts';

const ATTEMPT_TIMEOUT_MS = 2_000;

/** SQLSTATE: the database does not exist, or the credentials are wrong. */
const NO_SUCH_DATABASE = '3D000';
const BAD_CREDENTIALS = ['28P01', '28000'];

/**
 * Waits until the server answers a query on `url`, and makes the database where it is missing.
 * Resolves to `undefined`, or to the last refusal at the deadline; `hasEnded` stops it early.
 * @throws DavyError `postgres-password` where the password is not the cluster's.
 */
export async function waitUntilReady(
  url: string,
  options: { deadline: Deadline; hasEnded: () => boolean },
): Promise<string | undefined> {
  let refusal = 'no answer yet';
  const ready = await poll(options.deadline, async () => {
    if (options.hasEnded()) return false;
    const answer = await tryConnect(url);
    refusal = answer ?? refusal;
    return answer === undefined ? true : undefined;
  });
  return ready === true ? undefined : refusal;
}

async function tryConnect(url: string): Promise<string | undefined> {
  try {
    await query(url);
    return undefined;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === NO_SUCH_DATABASE) await createMissing(url);
    if (code !== undefined && BAD_CREDENTIALS.includes(code)) throw passwordError(error);
    return messageOf(error);
  }
}

/** postgres.js does not bound a connection that is accepted and then dropped, so the clock here does. */
async function query(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, connect_timeout: ATTEMPT_TIMEOUT_MS / 1000, fetch_types: false });
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ATTEMPT_TIMEOUT_MS);
  });
  try {
    await Promise.race([sql`select 1`, timeout]);
  } finally {
    clearTimeout(timer);
    await sql.end({ timeout: 0 });
  }
}

async function createMissing(url: string): Promise<void> {
  const maintenance = new URL(url);
  const name = maintenance.pathname.slice(1);
  maintenance.pathname = '/postgres';
  await createDatabase(maintenance.href, name);
}

function passwordError(cause: unknown): DavyError {
  return new DavyError('postgres-password', `PostgreSQL does not take our password: ${messageOf(cause)}`, {
    component: 'postgres',
    nextStep: 'Restore the password file, or choose another data directory.',
    cause,
  });
}
