import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { type HeldFolder, holdingIn } from './held-folder.ts';

/**
 * Deletes an entry of a held folder with all that is in it. Each folder is opened before it is emptied, and left
 * alone where it is a symlink or a mount by then: nothing that comes between a look and a deletion leads elsewhere.
 * @param removed called after each file or folder
 * @throws {UnsafePathError} where something is mounted in it; what was deleted before that is gone
 */
export async function removeTree(parent: HeldFolder, name: string, removed: () => void): Promise<void> {
  const path = parent.at(name);
  const isFolder = await lstat(path).then((stats) => stats.isDirectory(), missing);
  if (isFolder === null) return;
  if (isFolder) {
    await holdingIn(parent, name, async (folder) => {
      for (const entry of await readdir(folder.at('.'))) await removeTree(folder, entry, removed);
    });
    await rmdir(path);
  } else await unlink(path);
  removed();
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
