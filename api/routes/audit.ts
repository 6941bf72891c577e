import { type AuditRow, listAudit } from '../../db/audit.ts';
import { writeCursor } from '../http/cursor.ts';
import { pageOf } from '../http/page-of.ts';
import { defined } from '../http/request.ts';
import type { RouteHandler } from '../http/route.ts';

export function auditRoutes() {
  const list: RouteHandler<'GET /v1/audit'> = async (c) => {
    const { limit, cursor, key, ...rest } = c.req.valid('query');
    const filter = defined({ ...rest, keyId: key, before: cursor });
    const rows = await listAudit(c.get('database'), filter, limit + 1);
    const { items, next } = pageOf(rows, limit, ({ id }) => writeCursor('audit', id));
    return c.json({ items: items.map(auditView), nextCursor: next });
  };

  return { 'GET /v1/audit': list };
}

function auditView({ id, at, keyId, remoteAddress, route, target, status, problem, calls }: AuditRow) {
  return { id, at, keyId, remoteAddress, route, target, status, problem, calls };
}
