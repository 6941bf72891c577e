import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file whole, so that a crash or a power cut leaves the old text or the new one. */
export async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  await withFile(await open(draft, 'wx', mode), async (file) => {
    await file.writeFile(text);
    await file.sync();
  });
  await renameDurably(draft, path);
}

export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await withFile(await open(dirname(to), 'r'), (directory) => directory.sync());
}

/** The text of a file, or `undefined` where there is no such file. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function withFile(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file);
  } finally {
    await file.close();
  }
}
