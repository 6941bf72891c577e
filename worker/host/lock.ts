import { readFile, realpath, stat } from 'node:fs/promises';
import { descriptorNames, listPids, procLink } from './proc.ts';

/** The pid that the kernel shows for an open-file-description lock, which belongs to no process. */
const NOBODY = -1;

/**
 * Pids that hold a kernel lock (fcntl, flock or open-file-description) on a file. Empty when nobody does or
 * there is no such file; -1 stands for a holder that cannot be named. Source: proc_locks(5).
 * A holder in another pid namespace, as in a container of its own, is not shown by the kernel.
 */
export async function lockHolders(path: string): Promise<number[]> {
  const keys = await lockKeys(path);
  if (keys.length === 0) return [];
  const holders = new Set<number>();
  for (const text of [await readLocks(), await readLocks()]) {
    for (const pid of holdersIn(text, keys)) holders.add(pid);
  }
  if (holders.delete(NOBODY)) for (const pid of await openersOf(path)) holders.add(pid);
  return [...holders];
}

/** The table can shift between two of the kernel's pages while it is read: one look might miss a lock. */
function readLocks(): Promise<string> {
  return readFile('/proc/locks', 'utf8');
}

/**
 * Lines look like `1: POSIX  ADVISORY  WRITE 708 08:01:2228290 0 EOF`. A lock that is still waited for has
 * a `->` more, which moves its fields, so it never matches.
 */
function holdersIn(text: string, keys: readonly string[]): number[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => keys.includes(fields[5] ?? ''))
    .map((fields) => Number(fields[4]));
}

/**
 * `maj:min:inode` as /proc/locks prints it. The device there is the one of the filesystem, which mountinfo
 * tells; on btrfs stat() tells another. Both count, so that a doubt never makes a lock look stale.
 */
async function lockKeys(path: string): Promise<string[]> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    const mounts = await readFile('/proc/self/mountinfo', 'utf8');
    const devices = new Set([deviceNumber(dev), mountDevice(mounts, await realpath(path))]);
    return [...devices].filter((device) => device !== null).map((device) => `${device}:${ino}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Source: the makedev macros of glibc's sys/sysmacros.h. */
function deviceNumber(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return hexPair(Number(major), Number(minor));
}

/** Device of the mount with the longest mount point above the path, the last mounted of equals. */
function mountDevice(mountinfo: string, path: string): string | null {
  let best: { folder: string; device: string } | null = null;
  for (const line of mountinfo.split('\n')) {
    const [, , device, , point = ''] = line.split(' ');
    const folder = unescapeOctal(point) + (point === '/' ? '' : '/');
    if (device && path.startsWith(folder) && folder.length >= (best?.folder.length ?? 0))
      best = { folder, device };
  }
  const [major, minor] = best?.device.split(':').map(Number) ?? [];
  return major === undefined || minor === undefined ? null : hexPair(major, minor);
}

/** Blanks in a mount point are written as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function hexPair(major: number, minor: number): string {
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':');
}

/** Processes with the file open: whoever holds an open-file-description lock is among them. */
async function openersOf(path: string): Promise<number[]> {
  const target = await realpath(path);
  const openers = listPids().filter((pid) =>
    descriptorNames(pid)?.some((name) => procLink(pid, `fd/${name}`) === target),
  );
  return openers.length > 0 ? openers : [NOBODY];
}
