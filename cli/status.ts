import { Client } from './client/client.ts';
import { isFinished } from './client/run-view.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT, exitCodeOfRun } from './exit-codes.ts';
import { describeRun } from './follow/describe-run.ts';
import { followToTheEnd } from './follow/to-the-end.ts';
import { withHints } from './hints.ts';
import { printJson } from './terminal/print.ts';

export interface StatusOptions {
  follow?: boolean;
  json?: boolean;
}

/** `davy status ID`: exits by how the run ended; a run that goes on counts as good. */
export async function status(id: string, { follow = false, json = false }: StatusOptions): Promise<number> {
  const client = await Client.open(loadConfig());
  if (follow) return await withHints(client, {}, () => followToTheEnd(client, id, { json }));
  const { view, document } = await withHints(client, {}, () => client.readRun(id));
  if (json) printJson(document);
  else console.log(describeRun(view).join('\n'));
  return isFinished(view) ? exitCodeOfRun(view.status) : EXIT.succeeded;
}
