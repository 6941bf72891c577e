import { expect, test } from 'vitest';
import { type AuditEntry, listAudit, recordCall } from '../../db/audit.ts';
import { world } from './fixtures/world.ts';

const ENTRY: AuditEntry = {
  keyId: 'a'.repeat(16),
  remoteAddress: '127.0.0.1',
  route: 'POST /v1/runs',
  target: null,
  status: 202,
  problem: null,
  calls: 1,
};

test('the audit log takes rows and gives none up', async () => {
  const { database, sql } = await world();
  await recordCall(database, ENTRY, 2_000);
  const refused = 'the audit log is append-only';
  await expect(sql`update audit_log set status = 200`).rejects.toThrow(`${refused}: UPDATE`);
  await expect(sql`update audit_log set status = 200 where false`).rejects.toThrow(refused);
  await expect(sql`delete from audit_log`).rejects.toThrow(`${refused}: DELETE`);
  await expect(sql`truncate audit_log`).rejects.toThrow(`${refused}: TRUNCATE`);
  await expect(
    sql`insert into audit_log (id, route, status) select id, route, 1 from audit_log
        on conflict (id) do update set status = excluded.status`,
  ).rejects.toThrow(`${refused}: UPDATE`);
  expect(await listAudit(database, {}, 10)).toEqual([
    { ...ENTRY, id: expect.any(String), at: expect.any(Date) },
  ]);
});

test('it is read the newest first, from place to place, by key, route and time', async () => {
  const { database, sql } = await world();
  const other = 'b'.repeat(16);
  for (const status of [201, 202, 203]) await recordCall(database, { ...ENTRY, status }, 2_000);
  await recordCall(database, { ...ENTRY, status: 204, keyId: other, route: 'DELETE /v1/keys/:id' }, 2_000);
  const statuses = async (...ask: [Parameters<typeof listAudit>[1], number?]) =>
    (await listAudit(database, ask[0], ask[1] ?? 10)).map(({ status }) => status);
  expect(await statuses({})).toEqual([204, 203, 202, 201]);
  const [, second] = await listAudit(database, {}, 2);
  expect(await statuses({ before: second?.id ?? '' }, 1)).toEqual([202]);
  expect(await statuses({ keyId: other })).toEqual([204]);
  expect(await statuses({ route: 'POST /v1/runs' }, 1)).toEqual([203]);
  const [row] = await sql<{ at: Date }[]>`select max(at) + interval '1 ms' as at from audit_log`;
  expect(await statuses({ since: row?.at ?? new Date(0) })).toEqual([]);
  expect(await statuses({ since: new Date(0), keyId: ENTRY.keyId ?? '' })).toEqual([203, 202, 201]);
});
