import { lstat, readlink, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, parse, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type HeldFolder, holding } from './held-folder.ts';
import { foreignFileSystem, liesIn, mountWithin, readMounts } from './mounts.ts';
import { removeTree } from './remove-tree.ts';
import { UnsafePathError } from './unsafe-path.ts';
import { userOf } from './users.ts';

/**
 * The way of a file or folder out, and back. Everything is a rename within its own folder, under names that are
 * made of the path and a nonce, so that a crash at any time leaves one of these on the disk:
 *
 * - the path alone: untouched, or put back again
 * - `.trash-<nonce>-<base>`: the original, whole. Whatever lies at the path beside it grew later
 * - `.growth-<nonce>-<base>`: what grew, on its way out. With a trash beside it, the original is still to be put
 *   back; without, it is back already. Never anything to keep
 * - `.deleted-<nonce>-<base>`: the original, perhaps half deleted. Never put back, only deleted to its end
 */
const NAMES = { trash: '.trash', growth: '.growth', deleted: '.deleted' } as const;

/** Between the check of a path and its rename; after a rename; and after each entry that was deleted. */
export type TrashStep = 'checked' | 'growth_aside' | 'put_back' | 'deleting';

export interface TrashOptions {
  /** Letters, digits and hyphens that tell this removal from others, the same in every life of it. */
  nonce: string;
  /** Why this must not be moved, as far as its content tells, given a way to it; `null`: it may. */
  refusal?: (path: string) => Promise<string | null>;
  reached?: (step: TrashStep) => void;
}

/** Where something lies while it is set aside. */
export function asideOf(path: string, nonce: string): string {
  return resolve(dirname(path), named('trash', path, nonce));
}

/**
 * Moves a file or folder aside in one step, after proving that it is what it seems. What lies aside already is
 * not moved again: then the path holds what grew since.
 * @throws {UnsafePathError} with nothing moved
 */
export async function setAside(path: string, options: TrashOptions): Promise<'moved' | 'already' | 'absent'> {
  const aside = named('trash', path, options.nonce);
  const done = await inFolderOf(path, async (folder) => {
    if (await isThere(folder, aside)) return 'already';
    return (await move(folder, basename(path), aside, options)) ? 'moved' : 'absent';
  });
  return done ?? 'absent';
}

/** Puts back what was set aside, in place of what grew there. `false`: nothing lies aside, or it is back already. */
export async function putBack(path: string, options: TrashOptions): Promise<boolean> {
  const { nonce, reached } = options;
  const [trash, growth] = [named('trash', path, nonce), named('growth', path, nonce)];
  const done = await inFolderOf(path, async (folder) => {
    const isAside = await isThere(folder, trash);
    if (isAside) {
      await destroy(folder, growth, options);
      if (await move(folder, basename(path), growth, options)) reached?.('growth_aside');
      await move(folder, trash, basename(path), options);
      reached?.('put_back');
    }
    await destroy(folder, growth, options);
    return isAside;
  });
  return done ?? false;
}

/** From here on it is only deleted, never put back. `false`: nothing lies aside. */
export async function markForDeletion(path: string, { nonce }: TrashOptions): Promise<boolean> {
  const [trash, deleted] = [named('trash', path, nonce), named('deleted', path, nonce)];
  const done = await inFolderOf(path, async (folder) => {
    if (!(await isThere(folder, trash))) return false;
    // Only its name changes, whatever it is by now: it is looked at again before it is deleted.
    await rename(folder.at(trash), folder.at(deleted));
    return true;
  });
  return done ?? false;
}

/** Deletes for good what is marked. `false`: nothing was. @throws {UnsafePathError} */
export async function deleteMarked(path: string, options: TrashOptions): Promise<boolean> {
  const deleted = named('deleted', path, options.nonce);
  return (await inFolderOf(path, (folder) => destroy(folder, deleted, options))) ?? false;
}

function named(state: keyof typeof NAMES, path: string, nonce: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(nonce)) throw new RangeError(`"${nonce}" is not a nonce`);
  return `${NAMES[state]}-${nonce}-${basename(path)}`;
}

async function inFolderOf<T>(path: string, use: (folder: HeldFolder) => Promise<T>): Promise<T | null> {
  if (resolve(path) !== path) throw new UnsafePathError(path, 'it is not a plain absolute path');
  const { root } = parse(path);
  if (path === root || dirname(path) === root) throw new UnsafePathError(path, 'it is too near to the root');
  if (liesIn(homedir(), path)) throw new UnsafePathError(path, 'it holds a home folder');
  return await holding(dirname(path), use);
}

async function isThere(folder: HeldFolder, name: string): Promise<boolean> {
  return (await look(folder, name)) !== null;
}

async function look(folder: HeldFolder, name: string) {
  try {
    return await lstat(folder.at(name), { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Renames an entry of a folder, after proving that it is what it seems. `false`: it is not there. */
async function move(
  folder: HeldFolder,
  from: string,
  to: string,
  { refusal, reached }: TrashOptions,
): Promise<boolean> {
  const checked = await look(folder, from);
  if (checked === null) return false;
  const path = resolve(folder.path, from);
  await assertUntouchedElsewhere(folder, from);
  const reason = (await refusal?.(folder.at(from))) ?? null;
  if (reason !== null) throw new UnsafePathError(path, reason);
  reached?.('checked');
  await rename(folder.at(from), folder.at(to));
  // A rename follows no symlink: what came in its place since the check is put back as it is.
  const moved = await look(folder, to);
  if (moved?.ino === checked.ino && moved.dev === checked.dev) return true;
  if (!(await isThere(folder, from))) await rename(folder.at(to), folder.at(from));
  throw new UnsafePathError(path, 'it was exchanged while it was looked at');
}

/** Deletes an entry of a folder for good, after the same proof. `false`: it is not there. */
async function destroy(folder: HeldFolder, name: string, { reached }: TrashOptions): Promise<boolean> {
  if (!(await isThere(folder, name))) return false;
  await assertUntouchedElsewhere(folder, name);
  await removeTree(folder, name, () => reached?.('deleting'));
  return true;
}

/** As long as a person, a backup or a child between its fork and its program may take for a look at a log. */
const READERS_MS = 1_000;
const READERS_LOOK_MS = 50;

/** Neither a way to another place, nor in use. @throws {UnsafePathError} */
async function assertUntouchedElsewhere(folder: HeldFolder, name: string): Promise<void> {
  const path = resolve(folder.path, name);
  // Who only reads a moment is waited for; what is judged is judged afterwards.
  const endsAt = performance.now() + READERS_MS;
  while (userOf(path) && performance.now() < endsAt) await pause(READERS_LOOK_MS);
  const stats = await lstat(folder.at(name));
  if (stats.isSymbolicLink())
    throw new UnsafePathError(path, `it leads to ${resolve(folder.path, await readlink(folder.at(name)))}`);
  if (!stats.isDirectory() && !stats.isFile())
    throw new UnsafePathError(path, 'it is neither a file nor a folder');
  const mounts = readMounts();
  const mount = mountWithin(path, mounts);
  if (mount !== null) throw new UnsafePathError(path, `${mount} is a mount point`);
  const foreign = foreignFileSystem(path, mounts);
  if (foreign !== null)
    throw new UnsafePathError(path, `it lies on another machine's file system (${foreign})`);
  const user = userOf(path);
  if (user !== null)
    throw new UnsafePathError(path, `process ${user.pid} (${user.name}) has files open there`);
}
