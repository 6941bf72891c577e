import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_TIMEOUT_MS = 500;

/** What is wrong with a working directory as a text, or `null`. Nothing is ever resolved or expanded. */
export function pathProblem(path: string): string | null {
  if (/\p{Cc}/u.test(path) || !path.isWellFormed()) return 'must not have control characters';
  if (path.includes('~') || path.includes('$')) return 'must be written out, without ~ and $';
  if (!path.startsWith('/')) return 'must be absolute';
  if (path === '/') return 'must not be the root of the file system';
  const elements = path.slice(1).split('/');
  if (elements.includes('')) return 'must not have // in it or / at its end';
  if (elements.includes('.') || elements.includes('..')) return 'must not have . or .. in it';
  return null;
}

/** Whether the folder is the path or one that contains it. */
export function contains(folder: string, path: string): boolean {
  const prefix = folder.endsWith('/') ? folder : `${folder}/`;
  return `${path}/`.startsWith(prefix);
}

/**
 * Whether this machine knows the path, or the part of it that exists here, under another name: there is a
 * symbolic link in it. A file system that does not answer in time has no say; the worker looks again.
 */
export async function hasSymlink(path: string): Promise<boolean> {
  return await Promise.race([looksLinked(path), pause(LOOK_TIMEOUT_MS, false, { ref: false })]);
}

async function looksLinked(path: string): Promise<boolean> {
  try {
    return (await realpath(path)) !== path;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ELOOP') return true;
    return path === '/' ? false : looksLinked(dirname(path));
  }
}
