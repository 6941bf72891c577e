import { resolve } from 'node:path';
import { Client } from './client/client.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT } from './exit-codes.ts';
import { followToTheEnd } from './follow/to-the-end.ts';
import { withHints } from './hints.ts';
import { printJson } from './terminal/print.ts';

export interface RunOptions {
  dir?: string;
  prompt?: string;
  host?: string;
  follow?: boolean;
  json?: boolean;
}

/** `davy run PIPELINE` */
export async function run(pipelineName: string, options: RunOptions): Promise<number> {
  const { dir = '.', prompt = '', host, follow = false, json = false } = options;
  const client = await Client.open(loadConfig());
  const request = {
    pipelineName,
    userPrompt: prompt,
    workingDirectory: resolve(dir),
    ...(host === undefined ? {} : { host }),
  };
  const started = await withHints(client, { pipeline: pipelineName, host }, () => client.startRun(request));
  if (follow) return await followToTheEnd(client, started.id, { json });
  if (json) printJson(started.document);
  else console.log(`run ${started.id} is accepted; see it with: davy status ${started.id} --follow`);
  return EXIT.succeeded;
}
