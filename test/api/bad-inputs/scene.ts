import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { parseEnvironment } from '../../../core/environment.ts';
import { registerEnvironment } from '../../../db/environments.ts';
import { createKey, revokeUnlessLast } from '../../../db/keys.ts';
import { ask, HOST, postRun, runRequest, startApi, type TestApi } from '../support/api.ts';
import type { Scene } from './attack.ts';

/** The environment `lab` with a run that waits and one that is over, and `sandbox`, whose data may be wiped. */
export async function setScene(): Promise<Scene> {
  // Counted as for everybody, and far from any end.
  const api = await startApi({ rateLimit: 1000 });
  await addSandbox(api);
  const cancelled = (await postRun(api)).body.id;
  await ask(api, `/v1/runs/${cancelled}/cancel`, { method: 'POST' });
  const queued = (await postRun(api, {}, { headers: { 'idempotency-key': 'used' } })).body.id;
  const webhook = await ask(api, '/v1/webhooks', { body: { url: 'https://hooks.example.com/' } });
  const session = await ask(api, '/session', { key: null, body: { key: api.key } });
  const [cookie = ''] = (session.headers.get('set-cookie') ?? '').split(';');
  const keys = await makeKeys(api);
  return {
    api,
    good: runRequest(api),
    keys,
    runs: { queued, cancelled },
    cursors: await takeCursors(api),
    webhook: webhook.body.id,
    cookie,
  };
}

async function addSandbox(api: TestApi): Promise<void> {
  const parsed = parseEnvironment({ name: 'sandbox', resettable: true, daemon: {}, pool: {} });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const workingDirectory = join(api.root, 'sandbox');
  await registerEnvironment(api.database, { host: HOST, workingDirectory, definition: parsed.environment });
}

async function takeCursors(api: TestApi): Promise<Scene['cursors']> {
  const lists = ['/v1/runs', '/v1/keys', '/v1/audit'];
  const pages = await Promise.all(lists.map((list) => ask(api, `${list}?limit=1`)));
  return Object.fromEntries(lists.map((list, index) => [list, pages[index]?.body.nextCursor]));
}

async function makeKeys({ database }: TestApi): Promise<Scene['keys']> {
  const revoked = await createKey(database, 'revoked', ['admin']);
  const expired = await createKey(database, 'expired', ['admin']);
  await revokeUnlessLast(database, idOf(revoked));
  await database.query((db) =>
    db.execute(sql`update api_keys set expires_at = now() - interval '1 second' where id = ${idOf(expired)}`),
  );
  return {
    read: await createKey(database, 'read', ['read']),
    run: await createKey(database, 'run', ['run']),
    reset: await createKey(database, 'reset', ['reset']),
    revoked,
    expired,
  };
}

export function idOf(key: string): string {
  return key.split('_')[1] ?? '';
}
