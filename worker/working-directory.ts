import { realpath } from 'node:fs/promises';

/** Why a run may not act in this environment any more: its folder moved, went away, or became a symlink. */
export async function workingDirectoryProblem(
  workingDirectory: string,
  directory: string,
): Promise<string | null> {
  const real = await realpath(workingDirectory).catch(() => null);
  if (real === workingDirectory && (real === directory || real.startsWith(`${directory}/`))) return null;
  return `${workingDirectory} ${real === null ? 'is gone' : `leads to ${real}`}, the environment is in ${directory}`;
}
