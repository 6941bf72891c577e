import { constants, readlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { mountOf } from './mounts.ts';
import { UnsafePathError } from './unsafe-path.ts';

const FOLDER_ITSELF = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * A folder held open: whatever is renamed, linked or mounted at its path from now on, what is reached through it
 * is what lies in this very folder.
 */
export interface HeldFolder {
  /** Its path when it was opened. */
  path: string;
  mount: string;
  /** The path of an entry, by way of the open folder. */
  at(name: string): string;
}

/**
 * Opens a folder for as long as it is used. `null`: it is not there.
 * @throws {UnsafePathError} where the way to it leads over a symlink
 */
export async function holding<T>(path: string, use: (folder: HeldFolder) => Promise<T>): Promise<T | null> {
  const handle = await openIfThere(path);
  if (handle === null) return null;
  return await closing(handle, async () => {
    const real = readlinkSync(`/proc/self/fd/${handle.fd}`);
    if (real !== path) throw new UnsafePathError(path, `it leads to ${real}`);
    return await use(held(handle, path));
  });
}

/** The same for a folder in one that is held. @throws {UnsafePathError} where it is a symlink or another mount */
export async function holdingIn<T>(
  parent: HeldFolder,
  name: string,
  use: (folder: HeldFolder) => Promise<T>,
): Promise<T> {
  const path = `${parent.path}/${name}`;
  const handle = await open(parent.at(name), FOLDER_ITSELF);
  return await closing(handle, async () => {
    const folder = held(handle, path);
    if (folder.mount !== parent.mount) throw new UnsafePathError(path, 'something is mounted there');
    return await use(folder);
  });
}

function held(handle: FileHandle, path: string): HeldFolder {
  const mount = mountOf(handle.fd);
  if (mount === null) throw new UnsafePathError(path, 'its mount cannot be told');
  return { path, mount, at: (name) => `/proc/self/fd/${handle.fd}/${name}` };
}

/** Follows symlinks: where one leads to is worth telling. */
async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function closing<T>(handle: FileHandle, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } finally {
    await handle.close();
  }
}
