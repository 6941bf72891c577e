import { describe, expect, test } from 'vitest';
import type { Database } from '../../db/connection.ts';
import {
  authenticate,
  createKey,
  isKnownKey,
  issueKey,
  type KeyPlace,
  type KeyRecord,
  listKeys,
  revokeUnlessLast,
  type Scope,
} from '../../db/keys.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { world } from './fixtures/world.ts';

const idOf = (key: string) => key.split('_')[1] ?? '';

describe('an API key', () => {
  test('is let in with its scopes; only the hash of its secret is kept', async () => {
    const { database, sql } = await world();
    const key = await createKey(database, 'operator', ['read', 'reset']);
    expect(key).toMatch(/^davy_[0-9a-f]{16}_[0-9a-f]{64}$/);
    expect(await authenticate(database, key)).toEqual({ keyId: idOf(key), scopes: ['read', 'reset'] });
    expect(await isKnownKey(database, key)).toBe(true);
    const kept = JSON.stringify(await sql`select * from api_keys`);
    expect(kept).not.toContain(key.split('_')[2]);
  });

  test('is another one each time', async () => {
    const { database } = await world();
    const keys = await Promise.all(Array.from({ length: 10 }, () => createKey(database, 'same', ['read'])));
    expect(new Set(keys.map(idOf)).size).toBe(10);
    expect(new Set(keys.map((key) => key.split('_')[2])).size).toBe(10);
  });

  test.each<[string, (key: string, other: string) => string]>([
    ['nothing', () => ''],
    ['a word', () => 'davy'],
    ['another secret', (key, other) => `davy_${idOf(key)}_${other.split('_')[2]}`],
    ['a secret of zeros', (key) => `davy_${idOf(key)}_${'0'.repeat(64)}`],
    ['an unknown id', (key) => key.replace(idOf(key), '0'.repeat(16))],
    ['a shorter secret', (key) => key.slice(0, -1)],
    ['more behind it', (key) => `${key}0`],
    ['a line behind it', (key) => `${key}\n`],
    ['capitals', (key) => key.toUpperCase()],
    ['a statement', () => "davy_' or '1'='1_x"],
  ])('is not: %s', async (_, forge) => {
    const { database } = await world();
    const [key, other] = [
      await createKey(database, 'a', ['admin']),
      await createKey(database, 'b', ['admin']),
    ];
    expect(await authenticate(database, forge(key, other))).toBeNull();
    expect(await isKnownKey(database, forge(key, other))).toBe(false);
  });

  test('is let in no more once it is revoked', async () => {
    const { database } = await world();
    const key = await createKey(database, 'operator', ['read']);
    expect(await revokeUnlessLast(database, idOf(key))).toBe('revoked');
    expect(await authenticate(database, key)).toBeNull();
  });

  test('is let in until it expires', async () => {
    const { database, sql } = await world();
    const key = await createKey(database, 'guest', ['read']);
    await sql`update api_keys set expires_at = now() + interval '1 minute'`;
    expect(await isKnownKey(database, key)).toBe(true);
    await sql`update api_keys set expires_at = now() - interval '1 second'`;
    expect(await isKnownKey(database, key)).toBe(false);
  });
});

const keyOf = async (database: Database, ...scopes: Scope[]) =>
  idOf(await createKey(database, scopes.join(), scopes));

describe('the last admin key', () => {
  test('stays; others go, and may be revoked again', async () => {
    const { database, sql } = await world();
    const [admin, reader, second] = [
      await keyOf(database, 'admin'),
      await keyOf(database, 'read', 'run', 'reset'),
      await keyOf(database, 'read', 'admin'),
    ];
    for (const id of [reader, reader, second, second])
      expect(await revokeUnlessLast(database, id)).toBe('revoked');
    expect(await revokeUnlessLast(database, admin)).toBe('last');
    expect(await revokeUnlessLast(database, '0'.repeat(16))).toBe('unknown');
    const third = await keyOf(database, 'admin');
    await sql`update api_keys set expires_at = now() - interval '1 second' where id = ${third}`;
    expect(await revokeUnlessLast(database, admin)).toBe('last');
    expect(await revokeUnlessLast(database, third)).toBe('revoked');
  });

  test('is one of those whose holders revoke each other at once', async () => {
    const { database } = await world();
    for (let round = 1; round <= 5; round++) {
      const ids = await Promise.all(Array.from({ length: 5 }, () => keyOf(database, 'admin')));
      const known = (await listKeys(database, null, 100)).filter(({ revokedAt }) => revokedAt === null);
      const answers = await Promise.all(
        known.flatMap(({ id }) => [1, 2].map(() => revokeUnlessLast(database, id))),
      );
      expect(answers.filter((answer) => answer === 'last').length).toBe(2);
      expect(answers.filter((answer) => answer === 'revoked').length).toBe(2 * (known.length - 1));
      expect(known.length).toBeGreaterThanOrEqual(ids.length);
    }
  });
});

test('of two that revoke the same key at once, both are told that it is revoked', async () => {
  const { database, sql } = await world();
  const id = await keyOf(database, 'admin');
  await keyOf(database, 'admin');
  const waiting = () => sql`select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%revocation%'`;
  const answers = await sql.begin(async (holder) => {
    await holder`select 1 from api_keys for update`;
    const both = [revokeUnlessLast(database, id), revokeUnlessLast(database, id)];
    await waitUntil(async () => (await waiting()).length === 2, {
      timeoutMs: 4_000,
      intervalMs: 10,
      what: 'both wait',
    });
    return { both };
  });
  expect(await Promise.all(answers.both)).toEqual(['revoked', 'revoked']);
});

test('keys are listed from place to place, the newest first, without the hashes of their secrets', async () => {
  const { database, sql } = await world();
  const made: string[] = [];
  for (let number = 1; number <= 5; number++) {
    const { record } = await issueKey(database, { name: `${number}`, scopes: ['read'], expiresAt: null });
    made.push(record.name);
  }
  // Two of the same millisecond are told apart by their ids.
  await sql`update api_keys set created_at = (select created_at from api_keys where name = '3') where name = '4'`;
  const seen: string[] = [];
  for (let place: KeyPlace | null = null; ; ) {
    const [next]: KeyRecord[] = await listKeys(database, place, 1);
    if (!next) break;
    expect(Object.keys(next)).not.toContain('secretHash');
    seen.push(next.name);
    place = next;
  }
  expect(seen.toSorted()).toEqual(made);
  expect([seen[0], seen[3], seen[4]]).toEqual(['5', '2', '1']);
});

test('the use of a key is noted once a minute at most', async () => {
  const { database, sql } = await world();
  const key = await createKey(database, 'operator', ['read']);
  const [first] = await listKeys(database, null, 1);
  expect(first?.lastUsedAt).toBeNull();
  const used = async () => (await listKeys(database, null, 1))[0]?.lastUsedAt ?? null;
  await authenticate(database, key);
  const at = await waitUntil(used, { timeoutMs: 5_000, intervalMs: 10, what: 'the use is noted' });
  await authenticate(database, key);
  await sql`update api_keys set last_used_at = last_used_at - interval '61 seconds'`;
  expect((await used())?.getTime()).toBe(at.getTime() - 61_000);
  await authenticate(database, key);
  await waitUntil(async () => ((await used()) ?? at) >= at, {
    timeoutMs: 5_000,
    intervalMs: 10,
    what: 'the next use is noted',
  });
});
