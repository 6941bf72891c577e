import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Database } from '../db/connection.ts';
import { createKey, isKnownKey } from '../db/keys.ts';

/**
 * Sees to it that the file holds an admin key that works: at the first start, and whenever the database no
 * longer knows the one in it. The file is its owner's alone.
 * @throws DavyError `database-unavailable`, or the error of the file system.
 */
export async function ensureAdminKey({
  database,
  file,
}: {
  database: Database;
  file: string;
}): Promise<{ created: boolean }> {
  const key = await readKey(file);
  if (key !== null && (await isKnownKey(database, key))) {
    await chmod(file, 0o600);
    return { created: false };
  }
  await writeKey(file, await createKey(database, 'admin key of the first start', ['admin']));
  return { created: true };
}

async function readKey(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function writeKey(file: string, key: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, `${key}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
