import { join } from 'node:path';
import { DavyError } from '../../core/errors.ts';
import { type Binaries, locateNative, usableBinaries } from './binaries.ts';
import { makeCluster, newPassword, rememberedPassword } from './cluster.ts';
import { type Deadline, deadlineIn } from './deadline.ts';
import type { EmbeddedPostgresOptions } from './launcher.ts';
import {
  checkVersion,
  newResidence,
  type Residence,
  rememberedResidence,
  rememberResidence,
} from './residence.ts';

const START_TIMEOUT_MS = 60_000;

/** All that a server needs besides its port. */
export interface Start extends Residence {
  directory: string;
  binaries: Binaries;
  password: string;
  settings: Readonly<Record<string, string>>;
  log: (line: string) => void;
  deadline: Deadline;
}

/** Finds the cluster of earlier starts, or makes it. */
export async function prepare(directory: string, options: EmbeddedPostgresOptions): Promise<Start> {
  const base = {
    directory,
    settings: options.settings ?? {},
    log: options.log ?? (() => {}),
    deadline: deadlineIn(options.startTimeoutMs ?? START_TIMEOUT_MS),
  };
  const residence = await rememberedResidence(directory);
  if (residence === undefined) return firstStart(base, options.fallbackRoot ?? '/var/lib');
  const binaries = await usableBinaries(locateNative(), residence.account, residence.home);
  await checkVersion(residence.home, binaries.major);
  const password = await rememberedPassword(directory);
  if (password === undefined) throw passwordMissing(directory);
  return { ...base, ...residence, binaries, password };
}

async function firstStart(
  base: Pick<Start, 'directory' | 'settings' | 'log' | 'deadline'>,
  fallbackRoot: string,
): Promise<Start> {
  const { home, account, draft } = await newResidence(base.directory, fallbackRoot);
  base.log(`making a PostgreSQL cluster in ${home} (${account.mode}, uid ${account.uid})`);
  const binaries = await usableBinaries(locateNative(), account, home);
  const password = (await rememberedPassword(base.directory)) ?? (await newPassword(base.directory));
  const start = { ...base, home, account, binaries, password };
  await makeCluster(home, draft, { ...start, durable: base.settings.fsync !== 'off' });
  await rememberResidence(base.directory, start);
  return start;
}

function passwordMissing(directory: string): DavyError {
  return new DavyError('postgres-password', `${join(directory, 'password')} is missing.`, {
    component: 'postgres',
    nextStep: `Restore it, or remove ${directory} to begin with an empty database.`,
  });
}
