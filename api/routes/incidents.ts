import { assembleReport } from '../../core/report.ts';
import { reportMarkdown } from '../../core/report-markdown.ts';
import { findIncident, incidentRecord, listIncidents } from '../../db/incidents.ts';
import type { ApiContext } from '../context.ts';
import { writeCursor } from '../http/cursor.ts';
import { pageOf } from '../http/page-of.ts';
import { defined } from '../http/request.ts';
import type { RouteHandler } from '../http/route.ts';
import { unknown } from '../http/unknown.ts';
import { incidentDetailView } from '../runs/view.ts';

export function incidentRoutes() {
  const list: RouteHandler<'GET /v1/incidents'> = async (c) => {
    const { limit, cursor, ...rest } = c.req.valid('query');
    const rows = await listIncidents(c.get('database'), defined({ ...rest, before: cursor }), limit + 1);
    const { items, next } = pageOf(rows, limit, ({ incident }) => writeCursor('incidents', incident.id));
    return c.json({ items: items.map(incidentDetailView), nextCursor: next });
  };

  const get: RouteHandler<'GET /v1/incidents/:id'> = async (c) => {
    const found = await findIncident(c.get('database'), c.req.valid('param').id);
    if (found === null) throw unknown('unknown-incident');
    return c.json(incidentDetailView(found));
  };

  const report: RouteHandler<'GET /v1/incidents/:id/report'> = async (c) => {
    const record = await incidentRecord(c.get('database'), c.req.valid('param').id);
    if (record === null) throw unknown('unknown-incident');
    const assembled = assembleReport(record.facts, record.snapshot);
    c.header('Vary', 'Accept');
    if (!wantsMarkdown(c)) return c.json(assembled);
    return c.body(reportMarkdown(assembled), 200, { 'Content-Type': 'text/markdown; charset=utf-8' });
  };

  return { 'GET /v1/incidents': list, 'GET /v1/incidents/:id': get, 'GET /v1/incidents/:id/report': report };
}

/** JSON unless Markdown is named: wildcards, which every client sends, do not ask for it. */
function wantsMarkdown(c: ApiContext): boolean {
  return (c.req.header('accept') ?? '').split(',').some((range) => /^\s*text\/markdown\s*(;|$)/i.test(range));
}
