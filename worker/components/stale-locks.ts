import { readFile, rm } from 'node:fs/promises';
import { lockHolders } from '../host/lock.ts';
import { identityOf, liveness } from '../host/process.ts';
import { type Member, pathOf } from './stack.ts';
import { findProcess } from './supervised.ts';

/**
 * Removes the declared lock files whose owner is proven dead: nobody holds a kernel lock on them, the process
 * they name does not live, and the component itself does not run. A daemon's own `.lock` is never among them:
 * it always stays behind and never hinders a start.
 */
export async function clearStaleLocks(member: Member): Promise<string> {
  const files = member.spec.lockFiles.map((file) => pathOf(member, file));
  if (files.length === 0) return 'it declares no lock files';
  if (await findProcess(member)) return 'it runs: its lock files are its own';
  const told = await Promise.all(files.map(clear));
  return told.join('; ');
}

async function clear(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return `${file} is not there`;
  if ((await lockHolders(file)).length > 0) return `${file} is locked by a process`;
  const owner = identityOf(Number.parseInt(text, 10));
  if (owner && (await liveness(owner)) === 'running')
    return `${file} names process ${owner.pid}, which lives`;
  await rm(file);
  return `${file} was stale and is removed`;
}
