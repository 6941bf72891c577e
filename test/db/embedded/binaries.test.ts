import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountFor } from '../../../db/embedded/account.ts';
import { locateNative, usableBinaries } from '../../../db/embedded/binaries.ts';
import { runCommand } from '../../../db/embedded/command.ts';
import { postgresRunsInPlace } from '../../support/capabilities.ts';
import { isRoot, NOBODY, temporaryDirectory } from './fixtures/processes.ts';

/** These look at the cluster where an ordinary user has it. */
const inPlace = test.skipIf(!postgresRunsInPlace);

const myself = () => accountFor({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 });

inPlace('the libraries find each other though the install script never ran', async () => {
  const directory = await temporaryDirectory();
  const native = await unpack(directory, { installScriptRan: false });
  const home = join(directory, 'home');
  await mkdir(home);
  const account = await myself();
  const binaries = await usableBinaries(native, account, home);
  expect(binaries.major).toBe('18');
  expect(await readlink(join(home, 'lib', 'libicuuc.so.60'))).toBe(join(native, 'lib', 'libicuuc.so.60.2'));
  const initdb = await runCommand([...account.prefix, binaries.initdb, '--version'], {
    timeoutMs: 5_000,
    environment: binaries.environment,
  });
  expect(initdb.stdout).toContain('initdb (PostgreSQL) 18');
});

inPlace('in place, where the install script ran', async () => {
  const directory = await temporaryDirectory();
  const native = await unpack(directory, { installScriptRan: true });
  const binaries = await usableBinaries(native, await myself(), directory);
  expect(binaries).toMatchObject({ postgres: join(native, 'bin', 'postgres'), environment: {} });
});

test.runIf(isRoot)('an account that cannot reach the package runs a copy', async () => {
  const secret = await temporaryDirectory();
  const home = await temporaryDirectory();
  await chmod(home, 0o711);
  const native = await unpack(secret, { installScriptRan: false });
  const account = await accountFor({ uid: NOBODY, gid: NOBODY });
  const binaries = await usableBinaries(native, account, home);
  expect(binaries.postgres).toMatch(new RegExp(`^${home}/binaries-[^/]+/native/bin/postgres$`));
});

inPlace('a copy that cannot run says what the system said', async () => {
  const directory = await temporaryDirectory();
  const native = await unpack(directory, { installScriptRan: true });
  await rm(join(native, 'lib', 'libz.so.1'));
  await rm(join(native, 'lib', 'libicudata.so.60.2'));
  await expect(usableBinaries(native, await myself(), directory)).rejects.toMatchObject({
    code: 'postgres-binaries',
    message: expect.stringContaining('cannot open shared object file'),
  });
});

/** The package as npm unpacks it. */
async function unpack(
  directory: string,
  { installScriptRan }: { installScriptRan: boolean },
): Promise<string> {
  const root = join(directory, 'package');
  execFileSync('cp', ['-r', '--preserve=mode', join(locateNative(), '..'), root]);
  if (!installScriptRan) execFileSync('find', [join(root, 'native'), '-type', 'l', '-delete']);
  return join(root, 'native');
}
