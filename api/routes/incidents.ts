import { z } from 'zod';
import { assembleReport } from '../../core/report.ts';
import { reportMarkdown } from '../../core/report-markdown.ts';
import { findIncident, incidentRecord, listIncidents } from '../../db/incidents.ts';
import type { ApiContext, ApiHandler } from '../context.ts';
import { writeCursor } from '../cursor.ts';
import { ProblemError } from '../problem.ts';
import { defined, incidentsQuery, readQuery } from '../request.ts';
import { incidentDetailView } from '../view.ts';

export function incidentRoutes() {
  const list: ApiHandler = async (c) => {
    const { limit, cursor, ...rest } = readQuery(c, incidentsQuery);
    const rows = await listIncidents(c.get('database'), defined({ ...rest, before: cursor }), limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return c.json({
      items: page.map(incidentDetailView),
      nextCursor: last ? writeCursor(last.incident.id) : null,
    });
  };

  const get: ApiHandler = async (c) => {
    const found = await findIncident(c.get('database'), incidentId(c));
    if (found === null) throw unknownIncident();
    return c.json(incidentDetailView(found));
  };

  const report: ApiHandler = async (c) => {
    const record = await incidentRecord(c.get('database'), incidentId(c));
    if (record === null) throw unknownIncident();
    const assembled = assembleReport(record.facts, record.snapshot);
    c.header('Vary', 'Accept');
    if (!wantsMarkdown(c)) return c.json(assembled);
    return c.body(reportMarkdown(assembled), 200, { 'Content-Type': 'text/markdown; charset=utf-8' });
  };

  return { 'GET /v1/incidents': list, 'GET /v1/incidents/:id': get, 'GET /v1/incidents/:id/report': report };
}

const uuid = z.uuid();

function incidentId(c: ApiContext): string {
  const parsed = uuid.safeParse(c.req.param('id'));
  if (!parsed.success) throw unknownIncident();
  return parsed.data;
}

function unknownIncident(): ProblemError {
  return new ProblemError('unknown-incident', 'No incident has this id.', {
    nextStep: 'GET /v1/incidents lists them.',
  });
}

/** JSON unless Markdown is named: wildcards, which every client sends, do not ask for it. */
function wantsMarkdown(c: ApiContext): boolean {
  return (c.req.header('accept') ?? '').split(',').some((range) => /^\s*text\/markdown\s*(;|$)/i.test(range));
}
