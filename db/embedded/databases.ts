import postgres from 'postgres';
import { DavyError } from '../../core/errors.ts';

/** postgres.js takes the path of a URL as it is, escapes and all. */
const URL_SAFE = /^[\w-]{1,63}$/;

/**
 * Creates a database on the server of `url`, and gives its URL.
 * @throws the error of PostgreSQL: `42P04` it exists already.
 * @throws DavyError `database-name` for a name of other characters than letters, digits, `_` and `-`.
 */
export async function createDatabase(url: string, name: string): Promise<string> {
  const created = databaseUrl(url, name);
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    await sql`create database ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
  return created;
}

/** The same server, another database. */
export function databaseUrl(url: string, name: string): string {
  if (!URL_SAFE.test(name)) throw new DavyError('database-name', `"${name}" is no name for a database here.`);
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}
