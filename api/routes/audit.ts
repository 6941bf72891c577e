import { type AuditRow, listAudit } from '../../db/audit.ts';
import type { ApiHandler } from '../context.ts';
import { writeCursor } from '../cursor.ts';
import { auditQuery, defined, readQuery } from '../request.ts';

export function auditRoutes() {
  const list: ApiHandler = async (c) => {
    const { limit, cursor, key, ...rest } = readQuery(c, auditQuery);
    const filter = defined({ ...rest, keyId: key, before: cursor });
    const rows = await listAudit(c.get('database'), filter, limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return c.json({ items: page.map(auditView), nextCursor: last ? writeCursor(last.id) : null });
  };

  return { 'GET /v1/audit': list };
}

function auditView({ id, at, keyId, remoteAddress, route, target, status, problem, calls }: AuditRow) {
  return { id, at, keyId, remoteAddress, route, target, status, problem, calls };
}
