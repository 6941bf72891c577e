import { incidentStatusWord } from '../core/words/run.ts';
import { duration } from '../core/words/text.ts';
import { Client } from './client/client.ts';
import type { ListedIncident } from './client/incident-view.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT } from './exit-codes.ts';
import { withHints } from './hints.ts';
import { printJson } from './terminal/print.ts';
import { table } from './terminal/table.ts';

export interface IncidentsOptions {
  status?: string[];
  environment?: string;
  limit: string;
  json?: boolean;
}

/** `davy incidents` */
export async function incidents(options: IncidentsOptions): Promise<number> {
  const { status = [], environment, limit, json = false } = options;
  const client = await Client.open(loadConfig());
  const { view, document } = await client.listIncidents({ statuses: status, environment, limit });
  if (json) printJson(document);
  else if (view.length === 0) console.log('There are no such incidents.');
  else console.log(table(HEADINGS, view.map(row)).join('\n'));
  return EXIT.succeeded;
}

/** `davy report ID`: for people, as Markdown. */
export async function report(id: string, { json = false }: { json?: boolean }): Promise<number> {
  const client = await Client.open(loadConfig());
  await withHints(client, {}, async () => {
    if (json) printJson(await client.readReport(id));
    else console.log((await client.readReportText(id)).trimEnd());
  });
  return EXIT.succeeded;
}

const HEADINGS = ['id', 'status', 'environment', 'component', 'failure', 'detected', 'recovered after', ''];

function row(incident: ListedIncident): string[] {
  const { id, status, environment, component, failure, detectedAt, timeToRecoveryMs, escalation } = incident;
  const took = typeof timeToRecoveryMs === 'number' ? duration(timeToRecoveryMs) : '';
  const word = incidentStatusWord(status, escalation ?? null);
  return [id, status, environment, component ?? '', failure ?? 'not yet diagnosed', detectedAt, took, word];
}
