import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Database } from '../db/connection.ts';
import { createKey, isKnownKey } from '../db/keys.ts';
import { replaceFile } from '../disk/replace-file.ts';

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
  const created = await createKey(database, 'admin key of the first start', ['admin']);
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, `${created}\n`, 0o600);
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
