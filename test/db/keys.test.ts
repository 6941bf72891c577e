import { describe, expect, test } from 'vitest';
import { authenticate, createKey, hasKeys, isKnownKey, revokeKey } from '../../db/keys.ts';
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

  test('is let in no more once it is revoked, and can be revoked once', async () => {
    const { database } = await world();
    const key = await createKey(database, 'operator', ['read']);
    expect(await hasKeys(database)).toBe(true);
    expect([await revokeKey(database, idOf(key)), await revokeKey(database, idOf(key))]).toEqual([
      true,
      false,
    ]);
    expect(await authenticate(database, key)).toBeNull();
    expect(await hasKeys(database)).toBe(false);
    expect(await revokeKey(database, 'unknown')).toBe(false);
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

test('a first start has no key', async () => {
  const { database } = await world();
  expect(await hasKeys(database)).toBe(false);
});
