import { Client } from './client/client.ts';
import type { RunSummary } from './client/run-view.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT } from './exit-codes.ts';
import { printJson } from './terminal/print.ts';
import { table } from './terminal/table.ts';

export interface RunsOptions {
  status?: string[];
  limit: string;
  json?: boolean;
}

/** `davy runs` */
export async function runs({ status = [], limit, json = false }: RunsOptions): Promise<number> {
  const client = await Client.open(loadConfig());
  const { view, document } = await client.listRuns({ statuses: status, limit });
  if (json) printJson(document);
  else if (view.length === 0)
    console.log('There are no such runs. Start one with: davy run PIPELINE --follow');
  else console.log(table(HEADINGS, view.map(row)).join('\n'));
  return EXIT.succeeded;
}

const HEADINGS = ['id', 'status', 'pipeline', 'environment', 'host', 'stage', 'created'];

function row(run: RunSummary): string[] {
  const { id, status, pipelineName, environment, host, currentStage, outcome, createdAt } = run;
  return [id, status, pipelineName, environment, host, currentStage ?? outcome ?? '', createdAt];
}
