import { Client } from './client/client.ts';
import { isFinished } from './client/run-view.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT, exitCodeOfRun } from './exit-codes.ts';
import { describeRun } from './follow/describe-run.ts';
import { follow, jsonReader, lineReader } from './follow/follow.ts';

export interface StatusOptions {
  follow?: boolean;
  json?: boolean;
}

/** `davy status ID`: exits by how the run ended; a run that goes on counts as good. */
export async function status(id: string, { follow = false, json = false }: StatusOptions): Promise<number> {
  const client = await Client.open(loadConfig());
  if (follow) return await followToTheEnd(client, id, { json });
  const { view, document } = await client.readRun(id);
  console.log(json ? JSON.stringify(document, null, 2) : describeRun(view).join('\n'));
  return isFinished(view) ? exitCodeOfRun(view.status) : EXIT.succeeded;
}

/** Prints what happens and exits by how the run ended. */
export async function followToTheEnd(
  client: Client,
  id: string,
  { json }: { json: boolean },
): Promise<number> {
  const finished = await follow(client, id, json ? jsonReader() : lineReader());
  return exitCodeOfRun(finished.status);
}
