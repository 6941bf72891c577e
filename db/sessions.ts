import { createHash, randomBytes } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import type { Database } from './connection.ts';
import type { Caller, Scope } from './keys.ts';
import { sessions } from './schema.ts';

export const SESSION_SECONDS = 12 * 60 * 60;
/** Of one key: the oldest make room. */
const SESSIONS_MAX = 50;

/** Somebody who is signed in, and the name of the key that they signed in with. */
export interface Visitor extends Caller {
  keyName: string;
}

/**
 * Signs a browser in and returns what its cookie holds: a number without meaning, not the key, because a cookie goes
 * to every port of the host. Sessions that are over are forgotten.
 */
export async function openSession(database: Database, keyId: string): Promise<string> {
  const id = randomBytes(32).toString('base64url');
  await database.query((db) =>
    db.execute(sql`
      with opened as (
        insert into sessions (id_hash, key_id, ends_at)
        values (${hash(id)}, ${keyId}, now() + make_interval(secs => ${SESSION_SECONDS}))
      )
      delete from sessions where ends_at < now() or id_hash in (
        select id_hash from sessions where key_id = ${keyId} order by created_at desc offset ${SESSIONS_MAX - 1})`),
  );
  return id;
}

/** Whose session this is; `null` where it is over, or its key is revoked or expired. */
export async function visitorOf(database: Database, id: string): Promise<Visitor | null> {
  const [found] = await database.query((db) =>
    db.execute<{ key_id: string; name: string; scopes: Scope[] }>(sql`
      select k.id as key_id, k.name, to_jsonb(k.scopes) as scopes
      from sessions s join api_keys k on k.id = s.key_id
      where s.id_hash = ${hash(id)} and s.ends_at > now() and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > now())`),
  );
  return found ? { keyId: found.key_id, keyName: found.name, scopes: found.scopes } : null;
}

export async function endSession(database: Database, id: string): Promise<void> {
  await database.query((db) => db.delete(sessions).where(eq(sessions.idHash, hash(id))));
}

function hash(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
