import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { daemonKind, minerKind, poolKind } from '../worker/components/index.ts';
import { daemonMember, minerMembers, poolMember, type Stack } from '../worker/components/stack.ts';
import type { Proven } from './fault.ts';

/** The configuration file of a component of a stack that works. */
export async function configFileOf(stack: Stack, layer: Proven): Promise<string> {
  const [daemon, pool, [miner]] = [daemonMember(stack), poolMember(stack), minerMembers(stack)];
  const changes =
    layer === 'daemon'
      ? await daemonKind(daemon).configure(daemon)
      : layer === 'pool'
        ? await poolKind(pool).configure(pool)
        : miner
          ? await minerKind(miner).configure(miner)
          : [];
  const file = changes.at(-1)?.file;
  if (file === undefined) throw new Error(`the ${layer} has no configuration file that Davylamp knows`);
  return file;
}

/** Rewrites a file in its place. Puts it back as it was when called. */
export async function rewritten(
  file: string,
  change: (text: string) => string,
): Promise<() => Promise<void>> {
  const [before, { mode }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
  const after = change(before);
  if (after === before) throw new Error(`${file} would not change`);
  await writeFile(file, after);
  return async () => {
    await writeFile(file, before);
    await chmod(file, mode & 0o777);
  };
}
