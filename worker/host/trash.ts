import { lstat, readFile, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, parse, sep } from 'node:path';
import { descriptorNames, listPids, procLink } from './proc.ts';

/** Something that was moved out of the way, and can be put back. */
export interface Trashed {
  original: string;
  trash: string;
}

/** Why a path must not be touched. */
export class UnsafePathError extends Error {
  override readonly name = 'UnsafePathError';
  readonly path: string;

  constructor(path: string, reason: string) {
    super(`${path} is left alone: ${reason}`);
    this.path = path;
  }
}

/**
 * Moves a file or folder aside in one step, after proving that it is what it seems. `null`: it is not there.
 * @param nonce letters and digits that tell this removal from others
 * @throws UnsafePathError
 */
export async function moveToTrash(path: string, nonce: string): Promise<Trashed | null> {
  if ((await lstat(path).catch(() => null)) === null) return null;
  await assertMovable(path);
  const trash = join(dirname(path), `.trash-${nonce}-${basename(path)}`);
  await rename(path, trash);
  // A folder that was swapped for a symlink between the check and the rename is put back untouched.
  if ((await lstat(trash)).isSymbolicLink()) {
    await rename(trash, path);
    throw new UnsafePathError(path, 'it became a symlink');
  }
  return { original: path, trash };
}

/** Puts back what was moved, in place of what grew there meanwhile. */
export async function restoreTrash({ original, trash }: Trashed): Promise<void> {
  await rm(original, { recursive: true, force: true });
  await rename(trash, original);
}

/** Deletes for good. Asynchronous on purpose: `rmSync` of newer Nodes deletes through bind mounts. */
export async function emptyTrash({ trash }: Trashed): Promise<void> {
  await assertMovable(trash);
  await rm(trash, { recursive: true, force: true });
}

async function assertMovable(path: string): Promise<void> {
  if (path === parse(path).root || dirname(path) === parse(path).root)
    throw new UnsafePathError(path, 'it is too near to the root');
  const real = await realpath(path);
  if (real !== path) throw new UnsafePathError(path, `it leads to ${real}`);
  const mount = (await mountPoints()).find((point) => point === path || point.startsWith(`${path}${sep}`));
  if (mount !== undefined) throw new UnsafePathError(path, `${mount} is a mount point`);
  const user = userOf(path);
  if (user !== null) throw new UnsafePathError(path, `process ${user} has files open there`);
}

/** The fifth field of each line, with its octal escapes undone; source: proc_pid_mountinfo(5). */
async function mountPoints(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  return text
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    );
}

function userOf(path: string): number | null {
  const inside = (link: string | null) => link === path || link?.startsWith(`${path}${sep}`);
  for (const pid of listPids()) {
    if (inside(procLink(pid, 'cwd'))) return pid;
    if ((descriptorNames(pid) ?? []).some((name) => inside(procLink(pid, `fd/${name}`)))) return pid;
  }
  return null;
}
