import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { lockHolders } from '../host/lock.ts';
import { identityOf, type Liveness, liveness, type ProcessIdentity } from '../host/process.ts';
import type { LockFile } from './kind.ts';
import { poolKind } from './pools.ts';
import { type Member, pathOf, poolMember } from './stack.ts';
import { findProcess } from './supervised.ts';

/**
 * Removes the declared lock files whose owner is proven dead: nobody holds a kernel lock on them, the process
 * they name does not live, and the component itself does not run. A daemon's own `.lock` is never among them:
 * it always stays behind and never hinders a start.
 */
export async function clearStaleLocks(member: Member): Promise<string> {
  const files = [...member.spec.lockFiles.map((file) => ({ path: pathOf(member, file) })), ...ofKind(member)];
  if (files.length === 0) return 'it has no lock files';
  if (await findProcess(member)) return 'it runs: its lock files are its own';
  const told = await Promise.all(files.map(clear));
  return told.join('; ');
}

/** The lock files that the component's kind knows of, beside those of `davy.json`. */
function ofKind(member: Member): LockFile[] {
  const pool = poolMember(member.stack);
  return member.ref.role === 'pool' ? (poolKind(pool).lockFiles?.(pool) ?? []) : [];
}

async function clear({ path: file, program }: Pick<LockFile, 'path'> & Partial<LockFile>): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return `${file} is not there`;
  if ((await lockHolders(file)).length > 0) return `${file} is locked by a process`;
  const owner = identityOf(Number.parseInt(text, 10));
  if (owner && ALIVE.includes(await liveness(owner)) && mayBe(owner, program))
    return `${file} names process ${owner.pid}, which lives`;
  await rm(file);
  return `${file} was stale and is removed`;
}

const ALIVE: readonly Liveness[] = ['running', 'stopped'];

/** Whether a process may be the one that wrote the file: where its program cannot be seen, it may. */
function mayBe({ executable }: ProcessIdentity, program: string | undefined): boolean {
  return program === undefined || executable === '' || basename(executable).split(' ')[0] === program;
}
