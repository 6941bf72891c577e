import { mkdir } from 'node:fs/promises';
import { runCommand } from '../worker/host/command.ts';
import { readMounts } from '../worker/host/mounts.ts';

const COMMAND_MS = 5_000;
/** By it a tmpfs is known as ours. */
const SOURCE = 'davylamp-drill';
/** Takes no memory until it is used; large enough for Davylamp to see nothing wrong with it. */
export const TMPFS_MB = 4_096;

/** Makes a folder a filesystem of its own in memory. Why it cannot be, `null` where it is. */
export async function mountTmpfs(folder: string): Promise<string | null> {
  await mkdir(folder, { recursive: true });
  const { exitCode, stderr } = await runCommand(
    ['mount', '-t', 'tmpfs', '-o', `size=${TMPFS_MB}m,mode=755`, SOURCE, folder],
    { timeoutMs: COMMAND_MS },
  );
  return exitCode === 0 ? null : stderr.trim();
}

export async function unmountTmpfs(folder: string): Promise<void> {
  if (isOnTmpfs(folder)) await runCommand(['umount', folder], { timeoutMs: COMMAND_MS });
}

/** Whether a tmpfs of a drill is mounted exactly there. */
export function isOnTmpfs(folder: string): boolean {
  return readMounts().some(({ point, source }) => point === folder && source === SOURCE);
}
