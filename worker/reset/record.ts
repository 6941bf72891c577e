import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '../../disk/replace-file.ts';
import type { Stack } from '../components/stack.ts';
import type { ResetProgress } from './host.ts';

const SUFFIX = '.json';

function recordFile({ stateDirectory }: Stack, nonce: string): string {
  return join(stateDirectory, 'resets', `${nonce}${SUFFIX}`);
}

/** How far the reset of an attempt has come; `null`: it has not begun to move anything. */
export async function readProgress(stack: Stack, nonce: string): Promise<ResetProgress | null> {
  try {
    return JSON.parse(await readFile(recordFile(stack, nonce), 'utf8')) as ResetProgress;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The attempts whose resets have begun to move something. */
export async function recordedResets({ stateDirectory }: Stack): Promise<string[]> {
  const names = await readdir(join(stateDirectory, 'resets')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
}

/** Written in one step, and on the disk before anything is done that follows from it. */
export async function writeProgress(stack: Stack, nonce: string, progress: ResetProgress): Promise<void> {
  const file = recordFile(stack, nonce);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, JSON.stringify(progress), 0o600);
}

/** Forgets the reset of an attempt that will not be asked for again. */
export async function forgetReset(stack: Stack, nonce: string): Promise<void> {
  await rm(recordFile(stack, nonce), { force: true });
}
