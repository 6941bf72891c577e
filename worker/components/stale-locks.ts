import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { lockHolders } from '../host/lock.ts';
import { identityOf, type Liveness, liveness, type ProcessIdentity } from '../host/process.ts';
import type { LockFile } from './kind.ts';
import { poolKind } from './pool-kinds.ts';
import { type Member, pathOf, poolMember } from './stack.ts';
import { findProcess } from './supervised.ts';

/**
 * Removes the declared lock files whose owner is proven dead: nobody holds a kernel lock on them, the process
 * they name does not live, and the component itself does not run. A daemon's own `.lock` is never among them:
 * it always stays behind and never hinders a start.
 */
export async function clearStaleLocks(member: Member): Promise<string> {
  const files = locksOf(member);
  if (files.length === 0) return 'it has no lock files';
  if (await findProcess(member)) return 'it runs: its lock files are its own';
  const told = await Promise.all(files.map(clear));
  return told.join('; ');
}

/** The lock files of a component that is down, whose owners are proven dead. Never throws. */
export async function staleLocks(member: Member): Promise<string[]> {
  try {
    const hindrances = await Promise.all(
      locksOf(member).map(async (lock) => ({ lock, hindrance: await whyNotStale(lock) })),
    );
    return hindrances.filter(({ hindrance }) => hindrance === null).map(({ lock }) => lock.path);
  } catch {
    return [];
  }
}

/** A lock file, of `davy.json` or of a kind that knows whose it is. */
type Lock = Pick<LockFile, 'path'> & Partial<LockFile>;

function locksOf(member: Member): Lock[] {
  return [...member.spec.lockFiles.map((file) => ({ path: pathOf(member, file) })), ...ofKind(member)];
}

/** The lock files that the component's kind knows of, beside those of `davy.json`. */
function ofKind(member: Member): LockFile[] {
  const pool = poolMember(member.stack);
  return member.ref.role === 'pool' ? (poolKind(pool).lockFiles?.(pool) ?? []) : [];
}

async function clear(lock: Lock): Promise<string> {
  const hindrance = await whyNotStale(lock);
  if (hindrance !== null) return hindrance;
  await rm(lock.path);
  return `${lock.path} was stale and is removed`;
}

/** Why a file is not to be taken for a stale lock; `null` where its owner is proven dead. */
async function whyNotStale({ path: file, program }: Lock): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return `${file} is not there`;
  if ((await lockHolders(file)).length > 0) return `${file} is locked by a process`;
  const owner = identityOf(Number.parseInt(text, 10));
  if (owner && ALIVE.includes(await liveness(owner)) && mayBe(owner, program))
    return `${file} names process ${owner.pid}, which lives`;
  return null;
}

const ALIVE: readonly Liveness[] = ['running', 'stopped'];

/** Whether a process may be the one that wrote the file: where its program cannot be seen, it may. */
function mayBe({ executable }: ProcessIdentity, program: string | undefined): boolean {
  return program === undefined || executable === '' || basename(executable).split(' ')[0] === program;
}
