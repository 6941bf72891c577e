import { Client, type ControlOrder } from './client/client.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT } from './exit-codes.ts';
import { describeRun } from './follow/describe-run.ts';
import { followToTheEnd } from './follow/to-the-end.ts';
import { withHints } from './hints.ts';
import { printJson } from './terminal/print.ts';

export interface ControlOptions {
  follow?: boolean;
  json?: boolean;
}

/** `davy cancel ID`, `davy resume ID`, `davy retry-now ID`: exits once it is accepted, or by how the run ends. */
export async function control(
  order: ControlOrder,
  id: string,
  { follow = false, json = false }: ControlOptions,
): Promise<number> {
  const client = await Client.open(loadConfig());
  const { view, document } = await withHints(client, {}, () => client.control(id, order));
  if (follow) return await followToTheEnd(client, id, { json });
  if (json) printJson(document);
  else console.log(describeRun(view).join('\n'));
  return EXIT.succeeded;
}
