import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { firstCharacter } from './output.ts';

/** Where a reader of a growing file stands. */
export interface LogPosition {
  /** In bytes from the beginning of the file. */
  offset: number;
  /** Lets a rotated file be told from a grown one. */
  inode?: number;
}

/** Pass it as the next position. */
export interface LogChunk extends LogPosition {
  text: string;
  /** The file was truncated or replaced since the position was taken, and was read from its beginning. */
  restarted: boolean;
  /** There is more than `maxBytes`. */
  more: boolean;
}

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

/**
 * What was written since a position, at most `maxBytes`, never half a character.
 * A missing file reads as empty, at offset 0.
 */
export async function readSince(
  path: string,
  since: LogPosition | number,
  maxBytes: number,
): Promise<LogChunk> {
  const position = typeof since === 'number' ? { offset: since } : since;
  const chunk = await withRegularFile(path, async (file, { size, ino }) => {
    const restarted = size < position.offset || (position.inode !== undefined && position.inode !== ino);
    const start = restarted ? 0 : position.offset;
    const bytes = wholeCharacters(await readBytes(file, start, Math.min(maxBytes, size - start)));
    const offset = start + bytes.length;
    return { text: bytes.toString('utf8'), offset, inode: ino, restarted, more: offset < size };
  });
  return chunk ?? { text: '', offset: 0, restarted: position.offset > 0, more: false };
}

/** Null when there is no such file. Never waits at a FIFO that somebody put in its place. */
async function withRegularFile<T>(
  path: string,
  read: (file: FileHandle, stats: { size: number; ino: number }) => Promise<T>,
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

const LONGEST_CHARACTER_BYTES = 4;

/** Cuts an unfinished UTF-8 character off the end; what is no UTF-8 at all is left as it is. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(LONGEST_CHARACTER_BYTES, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back && bytes.length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
