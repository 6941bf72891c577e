import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from './account.ts';
import { locateNative, usableBinaries } from './binaries.ts';
import { checkVersion, newResidence, rememberedResidence } from './residence.ts';

export interface TrialResult {
  major: string;
  mode: Account['mode'];
  /** Whether there is a database of an earlier start. */
  exists: boolean;
}

/**
 * Whether the private Postgres of a data directory can be started, as far as that can be told without doing it:
 * nothing is made or changed there.
 * @throws DavyError with a code that begins with `postgres-`
 */
export async function tryEmbeddedPostgres(dataDir: string): Promise<TrialResult> {
  const directory = join(dataDir, 'postgres');
  const exists = existsSync(join(directory, 'mode.json'));
  const scratch = await mkdtemp(join(tmpdir(), 'davylamp-trial-'));
  try {
    // Another account must be able to pass, as in a data directory.
    await chmod(scratch, 0o711);
    const remembered = exists ? await rememberedResidence(directory) : undefined;
    const { account } = remembered ?? (await newResidence(scratch, scratch));
    const { major } = await usableBinaries(locateNative(), account, scratch);
    if (remembered) await checkVersion(remembered.home, major);
    return { major, mode: account.mode, exists };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
