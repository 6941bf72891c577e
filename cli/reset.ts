import { Client } from './client/client.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT } from './exit-codes.ts';
import { followToTheEnd } from './follow/to-the-end.ts';
import { withHints } from './hints.ts';
import { printJson } from './terminal/print.ts';

export interface ResetOptions {
  type: string;
  confirm?: string;
  preempt?: boolean;
  host?: string;
  follow?: boolean;
  json?: boolean;
}

/** `davy reset ENVIRONMENT`: without `--follow` it exits once the reset is accepted. */
export async function reset(environment: string, options: ResetOptions): Promise<number> {
  const { type, confirm, preempt, host, follow = false, json = false } = options;
  const client = await Client.open(loadConfig());
  const order = {
    type,
    ...(confirm !== undefined && { confirm }),
    ...(preempt && { preempt }),
    ...(host !== undefined && { host }),
  };
  const { id, document } = await withHints(client, { environment, host }, () =>
    client.resetEnvironment(environment, order),
  );
  if (follow) return await followToTheEnd(client, id, { json });
  if (json) printJson(document);
  else console.log(`Accepted. See it with: davy status ${id} --follow`);
  return EXIT.succeeded;
}
