import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DavyError } from '../../core/errors.ts';
import { renameDurably, replaceFile } from '../../disk/replace-file.ts';
import type { Account, Owner } from './account.ts';
import type { Binaries } from './binaries.ts';
import { runCommand } from './command.ts';
import type { Deadline } from './deadline.ts';
import { readIfPresent } from './files.ts';

export const SUPERUSER = 'davylamp';

const DRAFT_PREFIX = 'cluster.new-';
const PASSWORD_BYTES = 24;

const passwordFileIn = (directory: string) => join(directory, 'password');

/** Where a finished cluster lives: it is made elsewhere and renamed, so whatever is here is whole. */
export const clusterIn = (home: string) => join(home, 'cluster');

/** An empty directory of the owner's for initdb to fill. */
export async function draftCluster(home: string, owner: Owner): Promise<string> {
  const draft = await mkdtemp(join(home, DRAFT_PREFIX));
  await chown(draft, owner.uid, owner.gid);
  return draft;
}

/** What a crash in the middle of initdb left behind. */
export async function removeDrafts(home: string): Promise<void> {
  const drafts = (await readdir(home)).filter((name) => name.startsWith(DRAFT_PREFIX));
  for (const name of drafts) await rm(join(home, name), { recursive: true, force: true, maxRetries: 5 });
}

/** The superuser's password, which an earlier start kept in a file of mode 0600; `undefined` without the file. */
export async function rememberedPassword(directory: string): Promise<string | undefined> {
  return (await readIfPresent(passwordFileIn(directory)))?.trim() || undefined;
}

export async function newPassword(directory: string): Promise<string> {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  await replaceFile(passwordFileIn(directory), `${password}\n`, 0o600);
  return password;
}

/**
 * Fills a draft and puts it in its place. Code-point order comes from PostgreSQL itself, so that an upgrade of
 * the system's C library never breaks an index.
 * @throws DavyError `postgres-initdb` with the end of what initdb said.
 */
export async function makeCluster(
  home: string,
  draft: string,
  parts: { account: Account; binaries: Binaries; password: string; deadline: Deadline; durable: boolean },
): Promise<void> {
  const passwordFile = `${draft}.password`;
  try {
    await writeForOwner(passwordFile, parts.password, parts.account);
    const argv = [...parts.account.prefix, parts.binaries.initdb, ...initdbOptions(draft, passwordFile)];
    if (!parts.durable) argv.push('--no-sync');
    const { ok, stderr, stdout } = await runCommand(argv, {
      timeoutMs: parts.deadline.remainingMs(),
      environment: parts.binaries.environment,
    });
    if (!ok) throw initdbError(home, stderr || stdout);
    await setAside(clusterIn(home));
    await renameDurably(draft, clusterIn(home));
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The data directory was deleted while its cluster lived outside it: one such cluster is kept. */
async function setAside(cluster: string): Promise<void> {
  if (!existsSync(cluster)) return;
  await rm(`${cluster}.set-aside`, { recursive: true, force: true });
  await renameDurably(cluster, `${cluster}.set-aside`);
}

function initdbOptions(draft: string, passwordFile: string): string[] {
  return [
    `--pgdata=${draft}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ];
}

async function writeForOwner(path: string, text: string, owner: Owner): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${text}\n`);
    await file.chown(owner.uid, owner.gid);
  } finally {
    await file.close();
  }
}

function initdbError(home: string, said: string): DavyError {
  return new DavyError(
    'postgres-initdb',
    `initdb could not make a cluster in ${home}: ${said.slice(-2000)}`,
    {
      component: 'postgres',
      nextStep: 'Free disk space or choose another data directory; the next start begins anew.',
    },
  );
}
