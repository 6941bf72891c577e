import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const HERE = fileURLToPath(new URL('../../..', import.meta.url));
const MIGRATIONS = 'db/migrations';
const GIT_TIMEOUT_MS = 30_000;

/** The code of this checkout. */
export const NEW_CHECKOUT = HERE;

/** The commit before the newest migration landed, or why it cannot be had. */
export type PreviousVersion = { commit: string } | { missing: string };

export function previousVersion(): PreviousVersion {
  const newest = readdirSync(join(HERE, MIGRATIONS))
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .at(-1);
  if (newest === undefined) return { missing: 'there are no migrations' };
  const added = git('log', '--diff-filter=A', '--format=%H', '--', `${MIGRATIONS}/${newest}`);
  if (added === null) return { missing: 'there is no git history' };
  const landing = added.split('\n').filter(Boolean).at(-1);
  if (landing === undefined) return { missing: `${newest} is not committed` };
  const commit = git('rev-parse', '--verify', '--quiet', `${landing}^`);
  return commit === null ? { missing: `the history does not reach back before ${newest}` } : { commit };
}

/** Lays that version out in a folder of its own for the running test; it uses the packages of this checkout. */
export async function checkoutOf(commit: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'davy-previous-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const archive = spawnSync('git', ['archive', commit], {
    cwd: HERE,
    maxBuffer: 256 * 1024 * 1024,
    timeout: GIT_TIMEOUT_MS,
  });
  const unpacked = spawnSync('tar', ['-x', '-C', folder], { input: archive.stdout, timeout: GIT_TIMEOUT_MS });
  if (archive.status !== 0 || unpacked.status !== 0)
    throw new Error(`${commit} cannot be laid out: ${archive.stderr}${unpacked.stderr}`);
  await symlink(join(HERE, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** What git says; `null` where it cannot. */
function git(...args: string[]): string | null {
  const { status, stdout } = spawnSync('git', args, { cwd: HERE, encoding: 'utf8', timeout: GIT_TIMEOUT_MS });
  return status === 0 ? stdout.trim() : null;
}
