import type { Client } from '../client/client.ts';
import { EXIT, exitCodeOfRun } from '../exit-codes.ts';
import { treeReader } from '../live/tree-reader.ts';
import { paintFor } from '../terminal/paint.ts';
import { follow, jsonReader, type Reader } from './follow.ts';
import { lineReader } from './line-reader.ts';

/**
 * Shows what happens and exits by how the run ended: as a live tree on a terminal, as plain lines elsewhere, or as
 * JSON. Ctrl-C leaves the run going.
 */
export async function followToTheEnd(
  client: Client,
  id: string,
  { json }: { json: boolean },
): Promise<number> {
  const reader = readerFor(json);
  const leave = () => {
    reader.close?.();
    console.error(`The run goes on. Come back to it with: davy status ${id} --follow`);
    process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', leave);
  const finished = await follow(client, id, reader);
  process.removeListener('SIGINT', leave);
  return exitCodeOfRun(finished.status);
}

function readerFor(json: boolean): Reader {
  if (json) return jsonReader();
  const isLive = process.stdout.isTTY && process.env.TERM !== 'dumb';
  return isLive ? treeReader(process.stdout, paintFor(process.stdout)) : lineReader();
}
