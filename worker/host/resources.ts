import { readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { descriptorNames, procText, statusField } from './proc.ts';

export interface DiskSpace {
  /** What an ordinary user can still write. */
  freeBytes: number;
  totalBytes: number;
}

/** Space on the filesystem that holds the path, or would hold it once it is made. */
export async function diskFree(path: string): Promise<DiskSpace> {
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    return diskFree(parent);
  }
}

export interface Memory {
  totalBytes: number;
  /** The kernel's estimate of what new programs can get without swapping. */
  availableBytes: number;
  /** Between 0 and 1. */
  usedFraction: number;
}

/** Memory of the whole host, from /proc/meminfo; limits of a container are in `memory-limit.ts`. */
export async function memory(): Promise<Memory> {
  const text = await readFile('/proc/meminfo', 'utf8');
  const bytes = (name: string) => Number.parseInt(statusField(text, name) ?? '0', 10) * 1024;
  const totalBytes = bytes('MemTotal');
  const availableBytes = bytes('MemAvailable');
  return { totalBytes, availableBytes, usedFraction: 1 - availableBytes / totalBytes };
}

export interface Descriptors {
  open: number;
  /** The soft limit, at which open() fails; Infinity when unlimited. */
  limit: number;
}

/** Null when the process is gone or not ours to read. */
export async function descriptors(pid: number): Promise<Descriptors | null> {
  const open = descriptorNames(pid)?.length;
  const limit = procText(pid, 'limits')?.match(/^Max open files\s+(\S+)/m)?.[1];
  if (open === undefined || limit === undefined) return null;
  return { open, limit: limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit) };
}
