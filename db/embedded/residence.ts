import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DavyError } from '../../core/errors.ts';
import { replaceFile } from '../../disk/replace-file.ts';
import { type Account, accountFor, type Owner, ownersForNewCluster, tryAccount } from './account.ts';
import { clusterIn, draftCluster, removeDrafts } from './cluster.ts';
import { readIfPresent } from './files.ts';

/** Where a cluster is and who runs it. */
export interface Residence {
  home: string;
  account: Account;
}

/** A residence without a cluster yet, and the empty directory that proved that the account can write there. */
export interface NewResidence extends Residence {
  draft: string;
}

const memorySchema = z.object({ mode: z.string(), uid: z.int(), gid: z.int(), home: z.string().nullable() });

const memoryFile = (directory: string) => join(directory, 'mode.json');

/**
 * The residence that an earlier start chose; `undefined` before the first.
 * @throws DavyError `postgres-cluster-missing` where the cluster is gone: an empty one must not replace it silently.
 */
export async function rememberedResidence(directory: string): Promise<Residence | undefined> {
  const text = await readIfPresent(memoryFile(directory));
  if (text === undefined) return adopt(directory);
  const { uid, gid, home } = memorySchema.parse(JSON.parse(text));
  const residence = { home: home ?? directory, account: await accountFor({ uid, gid }) };
  if ((await ownerOf(clusterIn(residence.home))) === undefined) throw missingError(directory, residence.home);
  return residence;
}

/** Written after the cluster has its name; `null` stands for the directory itself, which may be moved. */
export async function rememberResidence(directory: string, { account, home }: Residence): Promise<void> {
  const { mode, uid, gid } = account;
  const memory = { mode, uid, gid, home: home === directory ? null : home };
  await replaceFile(memoryFile(directory), `${JSON.stringify(memory)}\n`, 0o600);
}

/**
 * The first account that can be had here and can write, in the directory itself where it can be reached.
 * @throws DavyError `postgres-account` with what every trial said.
 */
export async function newResidence(directory: string, fallbackRoot: string): Promise<NewResidence> {
  const refusals: string[] = [];
  for (const owner of await ownersForNewCluster()) {
    const account = await accountFor(owner);
    for (const home of homesFor(account, directory, fallbackRoot)) {
      await mkdir(home, { recursive: true, mode: 0o711 });
      await removeDrafts(home);
      const draft = await draftCluster(home, account);
      const refusal = await tryAccount(account, draft);
      if (refusal === undefined) return { home, account, draft };
      refusals.push(refusal);
      await rm(draft, { recursive: true, force: true });
    }
  }
  throw new DavyError('postgres-account', `PostgreSQL cannot be run here. ${refusals.join('; ')}`, {
    component: 'postgres',
    nextStep: 'Start as an ordinary user, or name a PostgreSQL server of your own.',
  });
}

function homesFor(account: Account, directory: string, fallbackRoot: string): string[] {
  return account.mode === 'account' ? [directory, outside(directory, fallbackRoot)] : [directory];
}

function outside(directory: string, fallbackRoot: string): string {
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 12);
  return join(fallbackRoot, `davylamp-${hash}`);
}

/** A crash between the cluster's rename and its record: the files themselves tell who owns them. */
async function adopt(directory: string): Promise<Residence | undefined> {
  const owner = await ownerOf(clusterIn(directory));
  if (owner === undefined) return undefined;
  const residence = { home: directory, account: await accountFor(owner) };
  await rememberResidence(directory, residence);
  return residence;
}

async function ownerOf(path: string): Promise<Owner | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return found === undefined ? undefined : { uid: found.uid, gid: found.gid };
}

/** @throws DavyError `postgres-version` where the cluster was made by another major version. */
export async function checkVersion(home: string, major: string): Promise<void> {
  const made = (await readFile(join(clusterIn(home), 'PG_VERSION'), 'utf8')).trim();
  if (made === major) return;
  throw new DavyError('postgres-version', `The cluster in ${home} is of PostgreSQL ${made}, not ${major}.`, {
    component: 'postgres',
    nextStep: `Dump it with PostgreSQL ${made} and restore it into a new data directory.`,
  });
}

function missingError(directory: string, home: string): DavyError {
  return new DavyError('postgres-cluster-missing', `There is no database in ${clusterIn(home)} any more.`, {
    component: 'postgres',
    nextStep: `Restore it, or remove ${directory} to begin with an empty one.`,
  });
}
