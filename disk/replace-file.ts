import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file whole and on the disk: after a crash or a power cut there is the old text or the new one, and once
 * this has resolved it is the new one. A symlink is replaced, not followed.
 */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await withFile(await open(draft, 'wx', mode), async (file) => {
      await file.writeFile(text);
      await file.sync();
    });
    await renameDurably(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await withFile(await open(dirname(to), 'r'), syncFolder);
}

/** Of file systems that know no such thing, such as the drives of Windows under WSL, more cannot be had. */
async function syncFolder(folder: FileHandle): Promise<void> {
  await folder.sync().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error;
  });
}

async function withFile(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file);
  } finally {
    await file.close();
  }
}
