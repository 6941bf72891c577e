import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders that are kept for those who want to look. */
const KEPT_FOLDERS = 100;
const COMMANDS_BETWEEN = 50;

const begun = new Map<string, number>();

/** Of these names, those whose outcome is saved elsewhere: until then the folder alone keeps a command from running again. */
export type Saved = (names: readonly string[]) => Promise<readonly string[]>;

/** Removes old folders now and then, as listing them costs. What cannot be removed stays: it does no harm. */
export async function sweepSometimes(parent: string, saved: Saved): Promise<void> {
  const count = (begun.get(parent) ?? 0) + 1;
  begun.set(parent, count % COMMANDS_BETWEEN);
  if (count === COMMANDS_BETWEEN) await sweep(parent, saved).catch(() => {});
}

/** Names sort by time: they are ids of attempts. */
export async function sweep(parent: string, saved: Saved): Promise<void> {
  const old = (await readdir(parent)).sort().slice(0, -KEPT_FOLDERS);
  if (old.length === 0) return;
  for (const name of await saved(old)) await rm(join(parent, name), { recursive: true, force: true });
}
