import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Is there while the alternative of a miner is in use. Whoever deletes it gets the first one at the next start. */
function choiceFile(stateDirectory: string, miner: string): string {
  return join(stateDirectory, `${miner}.alternative`);
}

/** Whether a miner's alternative is in use: looked up anew each time, so that it outlives every worker. */
export function usesAlternative(stateDirectory: string, miner: string): boolean {
  return existsSync(choiceFile(stateDirectory, miner));
}

export async function chooseAlternative(stateDirectory: string, miner: string): Promise<void> {
  await mkdir(stateDirectory, { recursive: true });
  const text = `Since ${new Date().toISOString()} the alternative of ${miner} is in use. Stop it and delete this file to go back.\n`;
  await writeFile(choiceFile(stateDirectory, miner), text);
}

/** From its next start on it is the first miner again. */
export async function chooseFirst(stateDirectory: string, miner: string): Promise<void> {
  await rm(choiceFile(stateDirectory, miner), { force: true });
}
