import postgres from 'postgres';
import { DavyError } from '../../core/errors.ts';

/** postgres.js takes the path of a URL as it is, escapes and all. */
const URL_SAFE = /^[\w-]{1,63}$/;

/**
 * Creates a database on the server of `url`, as a copy of `template` where one is named (nobody may be connected
 * to that one), and gives its URL.
 * @throws the error of PostgreSQL: `42P04` it exists already, `55006` the template is in use.
 * @throws DavyError `database-name` for a name of other characters than letters, digits, `_` and `-`.
 */
export async function createDatabase(
  url: string,
  name: string,
  options: { template?: string } = {},
): Promise<string> {
  const { template } = options;
  const created = databaseUrl(url, name);
  await withConnection(url, (sql) =>
    template === undefined
      ? sql`create database ${sql(name)}`
      : sql`create database ${sql(name)} template ${sql(template)}`,
  );
  return created;
}

/** Drops a database, and the connections to it; one that is not there is fine. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await withConnection(url, (sql) => sql`drop database if exists ${sql(name)} with (force)`);
}

/** The same server, another database. */
export function databaseUrl(url: string, name: string): string {
  if (!URL_SAFE.test(name)) throw new DavyError('database-name', `"${name}" is no name for a database here.`);
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

async function withConnection(url: string, work: (sql: postgres.Sql) => PromiseLike<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
