import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { and, count, eq, isNull } from 'drizzle-orm';
import type { Database } from './connection.ts';
import { apiKeys } from './schema.ts';

export const SCOPES = ['read', 'run', 'reset', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface Caller {
  keyId: string;
  scopes: Scope[];
}

const SECRET_BYTES = 32;
const KEY = /^davy_([0-9a-f]{16})_([0-9a-f]{64})$/;

/** Makes a key and returns its text, which is shown once: only the hash of the secret is kept. */
export async function createKey(database: Database, name: string, scopes: Scope[]): Promise<string> {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('hex');
  await database.query((db) => db.insert(apiKeys).values({ id, name, scopes, secretHash: hash(secret) }));
  return `davy_${id}_${secret}`;
}

/** Who presents this key; `null` for one that is malformed, unknown, wrong, revoked or expired. */
export async function authenticate(database: Database, key: string): Promise<Caller | null> {
  const [, id = '', secret = ''] = KEY.exec(key) ?? [];
  if (id === '') return null;
  const [found] = await database.query((db) => db.select().from(apiKeys).where(eq(apiKeys.id, id)));
  const matches = timingSafeEqual(Buffer.from(hash(secret)), Buffer.from(found?.secretHash ?? hash('')));
  if (!found || !matches || found.revokedAt !== null) return null;
  if (found.expiresAt !== null && found.expiresAt.getTime() <= Date.now()) return null;
  return { keyId: found.id, scopes: found.scopes as Scope[] };
}

/** Whether any key exists that was not revoked: if not, this is a first start. */
export async function hasKeys(database: Database): Promise<boolean> {
  const [row] = await database.query((db) =>
    db.select({ keys: count() }).from(apiKeys).where(isNull(apiKeys.revokedAt)),
  );
  return (row?.keys ?? 0) > 0;
}

/** Whether this very key would be let in: a key file may be older than the database. */
export async function isKnownKey(database: Database, key: string): Promise<boolean> {
  return (await authenticate(database, key)) !== null;
}

/** Revokes a key; its history stays. */
export async function revokeKey(database: Database, id: string): Promise<boolean> {
  const revoked = await database.query((db) =>
    db
      .update(apiKeys)
      .set({ revokedAt: new Date() })
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
      .returning({ id: apiKeys.id }),
  );
  return revoked.length > 0;
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
