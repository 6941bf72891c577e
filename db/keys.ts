import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { and, desc, eq, getTableColumns, sql } from 'drizzle-orm';
import type { Scope } from '../core/scope.ts';
import type { Database } from './connection.ts';
import { apiKeys } from './schema.ts';

export { SCOPES, type Scope } from '../core/scope.ts';

export interface Caller {
  keyId: string;
  scopes: Scope[];
}

const SECRET_BYTES = 32;
const USE_NOTED_EVERY_MS = 60_000;
const KEY = /^davy_([0-9a-f]{16})_([0-9a-f]{64})$/;

/** A key as it may be shown: all but the hash of its secret. */
export type KeyRecord = Omit<typeof apiKeys.$inferSelect, 'secretHash'>;

/** Makes a key and returns its text, which is shown once: only the hash of the secret is kept. */
export async function createKey(database: Database, name: string, scopes: Scope[]): Promise<string> {
  return (await issueKey(database, { name, scopes, expiresAt: null })).key;
}

/** Makes a key, and gives its text beside what is kept of it. */
export async function issueKey(
  database: Database,
  { name, scopes, expiresAt }: { name: string; scopes: Scope[]; expiresAt: Date | null },
): Promise<{ key: string; record: KeyRecord }> {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('hex');
  const values = { id, name, scopes, expiresAt, secretHash: hash(secret) };
  const [record] = await database.query((db) => db.insert(apiKeys).values(values).returning(RECORD));
  if (!record) throw new Error('the key was not kept');
  return { key: `davy_${id}_${secret}`, record };
}

const { secretHash: _, ...RECORD } = getTableColumns(apiKeys);

/** Where a list goes on: behind the key of this time and id. */
export interface KeyPlace {
  createdAt: Date;
  id: string;
}

/** The newest first, those that no longer work among them. */
export async function listKeys(
  database: Database,
  behind: KeyPlace | null,
  limit: number,
): Promise<KeyRecord[]> {
  const older =
    behind &&
    sql`(${apiKeys.createdAt}, ${apiKeys.id}) < (${behind.createdAt.toISOString()}::timestamptz, ${behind.id})`;
  return await database.query((db) =>
    db
      .select(RECORD)
      .from(apiKeys)
      .where(older ?? undefined)
      .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
      .limit(limit),
  );
}

/** Who presents this key; `null` for one that is malformed, unknown, wrong, revoked or expired. */
export async function authenticate(database: Database, key: string): Promise<Caller | null> {
  const [, id = '', secret = ''] = KEY.exec(key) ?? [];
  if (id === '') return null;
  const [found] = await database.query((db) => db.select().from(apiKeys).where(eq(apiKeys.id, id)));
  const matches = timingSafeEqual(Buffer.from(hash(secret)), Buffer.from(found?.secretHash ?? hash('')));
  if (!found || !matches || found.revokedAt !== null) return null;
  if (found.expiresAt !== null && found.expiresAt.getTime() <= Date.now()) return null;
  noteUse(database, found);
  return { keyId: found.id, scopes: found.scopes };
}

/** Nobody waits for it, and a use that is not noted does no harm. */
function noteUse(database: Database, { id, lastUsedAt }: KeyRecord): void {
  if (lastUsedAt !== null && Date.now() - lastUsedAt.getTime() < USE_NOTED_EVERY_MS) return;
  const isStale = sql`coalesce(${apiKeys.lastUsedAt} < now() - make_interval(secs => ${USE_NOTED_EVERY_MS / 1000}), true)`;
  database
    .query((db) =>
      db
        .update(apiKeys)
        .set({ lastUsedAt: sql`now()` })
        .where(and(eq(apiKeys.id, id), isStale)),
    )
    .catch(() => {});
}

/** Whether this very key would be let in: a key file may be older than the database. */
export async function isKnownKey(database: Database, key: string): Promise<boolean> {
  return (await authenticate(database, key)) !== null;
}

/** `last`: it is the last key that works and has the scope `admin`, and stays. */
export type Revocation = 'revoked' | 'unknown' | 'last';

/** Revokes a key, unless nobody could make keys after that; its history stays. May be repeated. */
export async function revokeUnlessLast(database: Database, id: string): Promise<Revocation> {
  const revocation = await tryToRevoke(database, id);
  // Who waited for somebody that revoked the same key still sees it as it was before.
  return revocation === 'last' ? await tryToRevoke(database, id) : revocation;
}

/** Admins who revoke each other at once take turns at the rows of all of them, so that one stays. */
async function tryToRevoke(database: Database, id: string): Promise<Revocation> {
  const [found] = await database.query((db) =>
    db.execute<{ revocation: Revocation }>(sql`
      with admins as (
        select id from api_keys
        where 'admin' = any(scopes) and revoked_at is null and (expires_at is null or expires_at > now())
        order by id for update
      ), revoked as (
        update api_keys set revoked_at = now()
        where id = ${id} and revoked_at is null
          and (id not in (select id from admins) or (select count(*) from admins) > 1)
        returning id
      )
      select case when revoked_at is not null or exists (select 1 from revoked) then 'revoked' else 'last' end
        as revocation
      from api_keys where id = ${id}`),
  );
  return found?.revocation ?? 'unknown';
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
