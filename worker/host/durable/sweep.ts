import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { liveness } from '../process.ts';
import { readBeginning, readEnding } from './record.ts';

/** Folders that are kept whatever their age. */
const KEPT_FOLDERS = 100;
/** An outcome this young may still be waiting to be saved: its folder alone keeps the command from running again. */
const KEPT_MS = 3_600_000;
const COMMANDS_BETWEEN = 50;

const begun = new Map<string, number>();

/** Removes old folders now and then, as listing them costs. What cannot be removed stays: it does no harm. */
export async function sweepSometimes(parent: string): Promise<void> {
  const count = (begun.get(parent) ?? 0) + 1;
  begun.set(parent, count % COMMANDS_BETWEEN);
  if (count === COMMANDS_BETWEEN) await sweep(parent).catch(() => {});
}

/** Names sort by time: they are ids of attempts. */
export async function sweep(parent: string, keptMs = KEPT_MS): Promise<void> {
  const names = (await readdir(parent)).sort();
  for (const name of names.slice(0, -KEPT_FOLDERS)) {
    const folder = join(parent, name);
    if (Date.now() - (await stat(folder)).mtimeMs < keptMs) return;
    if (!(await isAlive(folder))) await rm(folder, { recursive: true, force: true });
  }
}

async function isAlive(folder: string): Promise<boolean> {
  if (await readEnding(folder)) return false;
  const identity = (await readBeginning(folder))?.identity;
  return identity ? ['running', 'stopped'].includes(await liveness(identity)) : false;
}
