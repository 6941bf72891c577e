import type { IncidentReport } from '../../../core/report.ts';
import { reportMarkdown } from '../../../core/report-markdown.ts';
import { failureSentence } from '../../../core/words/failure.ts';
import type { ApiContext, ApiHandler } from '../../context.ts';
import { callerOf } from '../../guards/auth.ts';
import { answerPage } from '../page.tsx';
import { incidentIdOf } from '../query.ts';
import { readReport, seeIncident } from './read.ts';
import { IncidentView } from './view.tsx';

/** One incident: from the failure to the proof of its repair, what it was and was not, and its report to take away. */
export function incidentPageRoutes() {
  const show: ApiHandler = async (c) => {
    const seen = await seeIncident(c.get('database'), incidentIdOf(c));
    const { component, failure, runId } = seen.incident;
    return answerPage(c, {
      title: `${failureSentence(component, failure)} (${seen.environment})`,
      section: 'incidents',
      follows: { run: runId },
      children: <IncidentView seen={seen} caller={callerOf(c)} />,
    });
  };

  const markdown: ApiHandler = async (c) => {
    const report = await readReport(c.get('database'), incidentIdOf(c));
    return download(c, report, { extension: 'md', type: 'text/markdown', text: reportMarkdown(report) });
  };

  const json: ApiHandler = async (c) => {
    const report = await readReport(c.get('database'), incidentIdOf(c));
    const text = `${JSON.stringify(report, null, 2)}\n`;
    return download(c, report, { extension: 'json', type: 'application/json', text });
  };

  return {
    'GET /incidents/:id': show,
    'GET /incidents/:id/report.md': markdown,
    'GET /incidents/:id/report.json': json,
  };
}

interface Document {
  extension: string;
  type: string;
  text: string;
}

/** The name of the file tells what it is about, wherever it is kept. */
function download(c: ApiContext, { incident }: IncidentReport, { extension, type, text }: Document) {
  const day = incident.occurredAt.slice(0, 10);
  const name = `incident-${incident.environment}-${day}-${incident.id.slice(-6)}.${extension}`;
  return c.body(text, 200, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Disposition': `attachment; filename="${name}"`,
  });
}
