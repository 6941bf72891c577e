import { Client } from './client/client.ts';
import type { KeyView } from './client/key-view.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { withHints } from './hints.ts';
import { printJson } from './terminal/print.ts';
import { table } from './terminal/table.ts';

export interface CreateKeyOptions {
  scope: string[];
  expires?: string;
  json?: boolean;
}

/** `davy keys create NAME`: the key alone goes to stdout, for scripts. */
export async function createKey(
  name: string,
  { scope, expires, json = false }: CreateKeyOptions,
): Promise<number> {
  const expiry = expires === undefined ? {} : { expiresAt: expiryOf(expires, Date.now()) };
  const client = await Client.open(loadConfig());
  const { view, document } = await client.createKey({ name, scopes: scope, ...expiry });
  if (json) printJson(document);
  else {
    console.log(view.key);
    console.error(`This is shown once. End it with: davy keys revoke ${view.id}`);
  }
  return EXIT.succeeded;
}

/** `davy keys list` */
export async function listKeys({ json = false }: { json?: boolean }): Promise<number> {
  const client = await Client.open(loadConfig());
  const keys = await client.listKeys();
  if (json) printJson({ items: keys });
  else console.log(table(HEADINGS, keys.map(row)).join('\n'));
  return EXIT.succeeded;
}

/** `davy keys revoke ID` */
export async function revokeKey(given: string, { json = false }: { json?: boolean }): Promise<number> {
  const client = await Client.open(loadConfig());
  const id = idOf(given);
  await withHints(client, {}, () => client.revokeKey(id));
  if (json) printJson({ id, revoked: true });
  else console.log(`The key ${id} is revoked.`);
  return EXIT.succeeded;
}

const HEADINGS = ['id', 'name', 'scopes', 'created', 'expires', 'last used', 'revoked'];

function row({ id, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt }: KeyView): string[] {
  const times = [createdAt, expiresAt ?? 'never', lastUsedAt ?? 'never', revokedAt ?? ''];
  return [id, name, scopes.join(','), ...times];
}

/** Somebody may name the whole key, which has no place in a URL. */
function idOf(given: string): string {
  return /^davy_([0-9a-f]{16})_/.exec(given)?.[1] ?? given;
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * When a key is to end, as ISO 8601: after so many minutes, hours or days, or at a time.
 * @throws UsageError where it is neither.
 */
export function expiryOf(text: string, nowMs: number): string {
  const [, count = '', unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const at = UNIT_MS[unit] === undefined ? Date.parse(text) : nowMs + Number(count) * UNIT_MS[unit];
  if (unit !== '' || (ISO.test(text) && !Number.isNaN(at))) return new Date(at).toISOString();
  throw new UsageError('bad-expiry', `"${text}" is no time to expire at.`, {
    nextStep: 'Say 30d, 12h or 45m, or a time such as 2027-01-31T12:00:00Z.',
  });
}

/** Without a time zone it would be another time elsewhere. */
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;
