import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync } from 'node:fs';
import { copyFile, stat, truncate } from 'node:fs/promises';

const DEFAULT_LIMITS = { maxBytes: 8 * 1024 * 1024, checkIntervalMs: 10_000 };
const TAIL_BYTES = 16 * 1024;

/** What Postgres writes: one file and one older one, so about 16 MiB at most. */
export interface LogFile {
  /** For the child's output; each write goes to the end of the file, wherever that is by then. */
  fd: number;
  /** The last lines since the file was opened. */
  tail(maxLines: number): string;
  close(): void;
}

/** A plain file and no pipe: Postgres keeps running while its launcher is frozen or gone. */
export function openLogFile(path: string, limits = DEFAULT_LIMITS): LogFile {
  if (existsSync(path)) rotateClosed(path, limits.maxBytes);
  const fd = openSync(path, 'a+', 0o600);
  const openedAtByte = fstatSync(fd).size;
  const timer = setInterval(() => void rotateOpen(path, limits.maxBytes), limits.checkIntervalMs).unref();
  return {
    fd,
    tail: (maxLines) => lastLines(fd, openedAtByte, maxLines),
    close: () => {
      clearInterval(timer);
      closeSync(fd);
    },
  };
}

function rotateClosed(path: string, maxBytes: number): void {
  const fd = openSync(path, 'r');
  const { size } = fstatSync(fd);
  closeSync(fd);
  if (size > maxBytes) renameSync(path, `${path}.1`);
}

/** Postgres holds the file open, so it is copied and emptied in place. A failure is left to the next look. */
async function rotateOpen(path: string, maxBytes: number): Promise<void> {
  try {
    if ((await stat(path)).size <= maxBytes) return;
    await copyFile(path, `${path}.1`);
    await truncate(path, 0);
  } catch {}
}

function lastLines(fd: number, fromByte: number, maxLines: number): string {
  const { size } = fstatSync(fd);
  const start = Math.max(Math.min(fromByte, size), size - TAIL_BYTES);
  const bytes = Buffer.alloc(size - start);
  readSync(fd, bytes, 0, bytes.length, start);
  return bytes.toString('utf8').trim().split('\n').slice(-maxLines).join('\n');
}
