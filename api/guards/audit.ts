import { setTimeout as pause } from 'node:timers/promises';
import { matchedRoutes, routePath } from 'hono/route';
import { messageOf } from '../../core/errors.ts';
import { type AuditEntry, recordCall } from '../../db/audit.ts';
import type { ApiContext, ApiMiddleware, ApiParts } from '../context.ts';
import { CONTRACT } from '../contract/index.ts';
import { isStorable } from '../http/json.ts';
import { toProblem } from '../http/problem.ts';
import { redactKeys } from '../http/redact-keys.ts';
import { PAGE_ACCESS } from '../pages/access.ts';
import { RefusalTally } from './refusal-tally.ts';
import { remoteAddress } from './remote-address.ts';

/** How long an answer may wait for its row; the row itself is tried for longer. */
const ANSWER_WAITS_MS = 250;
const WRITE_TIMEOUT_MS = 2_000;

/**
 * Writes down who asked for which change and what came of it: every call of somebody known that is not a read.
 * What is refused for want of a key or beyond the rate limit is counted instead, so that nobody can fill the disk.
 * An answer never fails because of it: a row that cannot be written goes to the log.
 */
export function auditCalls({ database, log }: Pick<ApiParts, 'database' | 'log'>): ApiMiddleware {
  const write = (entry: AuditEntry) =>
    recordCall(database, entry, WRITE_TIMEOUT_MS).catch((error) =>
      log('warn', 'a call is missing from the audit log', { ...entry, reason: messageOf(error) }),
    );
  const tally = new RefusalTally(write);
  return async (c, next) => {
    const address = remoteAddress(c);
    await next();
    const entry = entryOf(c, address);
    if (isCounted(entry)) await briefly(tally.note(entry));
    else if (entry.keyId !== null && isChange(c)) await briefly(write(entry));
  };
}

async function briefly(work: Promise<void>): Promise<void> {
  const patience = new AbortController();
  await Promise.race([work, pause(ANSWER_WAITS_MS, undefined, { signal: patience.signal }).catch(() => {})]);
  patience.abort();
}

function isCounted({ keyId, status, problem }: AuditEntry): boolean {
  return (keyId === null && status === 401) || problem === 'rate-limited';
}

function isChange(c: ApiContext): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(c.req.method);
}

function entryOf(c: ApiContext, address: string | null): AuditEntry {
  const keyId = c.get('caller')?.keyId ?? null;
  return {
    keyId,
    remoteAddress: address,
    route: `${c.req.method} ${patternOf(c)}`,
    target: keyId === null ? null : targetOf(c),
    status: c.res.status,
    problem: c.error === undefined ? null : toProblem(c.error).code,
    calls: 1,
  };
}

/** The path as the tables of routes have it: what the caller wrote may be anything. */
function patternOf(c: ApiContext): string {
  const known = matchedRoutes(c).find(({ path }) => {
    const route = `${c.req.method} ${path}`;
    return route in CONTRACT || route in PAGE_ACCESS;
  });
  return known?.path ?? routePath(c);
}

const TARGET_MAX_LENGTH = 256;

function targetOf(c: ApiContext): string | null {
  const target =
    c.get('target') ?? c.req.param('id') ?? c.req.param('name') ?? locationOf(c)?.split('/').at(-1) ?? null;
  if (target === null || !isStorable(target)) return null;
  return redactKeys(target).slice(0, TARGET_MAX_LENGTH);
}

/** Where a call made something: its place. */
function locationOf(c: ApiContext): string | null {
  return c.res.status < 300 ? c.res.headers.get('location') : null;
}
