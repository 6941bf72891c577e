import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { firstCharacter } from './output.ts';

/** The last `maxBytes` of a file, from the beginning of a line where possible; empty without a file. */
export async function tailFile(path: string, maxBytes: number): Promise<string> {
  const tail = await withRegularFile(path, async (file, { size }) => {
    const start = Math.max(0, size - maxBytes);
    const bytes = await readBytes(file, start, size - start);
    if (start === 0) return bytes.toString('utf8');
    const text = bytes.subarray(firstCharacter(bytes, 0)).toString('utf8');
    return text.slice(text.indexOf('\n') + 1);
  });
  return tail ?? '';
}

/** Null when there is no such file. Never waits at a FIFO that somebody put in its place. */
async function withRegularFile<T>(
  path: string,
  read: (file: FileHandle, stats: { size: number }) => Promise<T>,
): Promise<T | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(nullIfMissing);
  if (!file) return null;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(`${path} is not a regular file`);
    return await read(file, stats);
  } finally {
    await file.close();
  }
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

async function readBytes(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.max(0, length));
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
