import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { accountFor } from '../../../db/embedded/account.ts';
import { locateNative, usableBinaries } from '../../../db/embedded/binaries.ts';
import { openLogFile } from '../../../db/embedded/log-file.ts';
import { startServer } from '../../../db/embedded/server.ts';
import { postgresRunsInPlace } from '../../support/capabilities.ts';
import {
  end,
  isAlive,
  launch,
  spawnLauncher,
  start,
  temporaryDirectory,
  usedDataDir,
  waitFor,
} from './fixtures/processes.ts';
import { readMarks, writeMark } from './fixtures/rows.ts';

/** These look at the cluster where an ordinary user has it. */
const inPlace = test.skipIf(!postgresRunsInPlace);

const pidFileIn = (dataDir: string) => join(dataDir, 'postgres', 'cluster', 'postmaster.pid');

inPlace('what was committed survives kill -9 of Postgres', async () => {
  const dataDir = await usedDataDir();
  const first = await start(dataDir);
  await writeMark(first.url, 'committed');
  process.kill(first.pid, 'SIGKILL');
  expect(await first.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
  expect(existsSync(pidFileIn(dataDir))).toBe(true);

  expect(await readMarks((await start(dataDir)).url)).toEqual(['committed']);
});

inPlace('Postgres ends when its launcher is killed with -9, and starts again', async () => {
  const dataDir = await usedDataDir();
  const first = await launch({ dataDir });
  await writeMark(first.url, 'committed');
  await end(first.launcher);
  await waitFor('Postgres ends by itself', 3_000, () => !isAlive(first.pid));
  expect(existsSync(pidFileIn(dataDir))).toBe(false);

  const second = await start(dataDir);
  expect(second.url).toBe(first.url);
  expect(await readMarks(second.url)).toEqual(['committed']);
});

inPlace('both killed at once', async () => {
  const dataDir = await usedDataDir();
  const first = await launch({ dataDir });
  await writeMark(first.url, 'committed');
  process.kill(first.pid, 'SIGKILL');
  await end(first.launcher);

  expect(await readMarks((await start(dataDir)).url)).toEqual(['committed']);
});

inPlace(
  'a stranger who got the pid of a killed Postgres does not stop the next start, and is left alone',
  async () => {
    const dataDir = await usedDataDir();
    const first = await start(dataDir);
    await writeMark(first.url, 'committed');
    process.kill(first.pid, 'SIGKILL');
    await first.exited;

    const stranger = spawn('sleep', ['60']);
    onTestFinished(() => end(stranger));
    const pidFile = pidFileIn(dataDir);
    const text = await readFile(pidFile, 'utf8');
    await writeFile(pidFile, text.replace(`${first.pid}`, `${stranger.pid}`));

    const lines: string[] = [];
    const second = await start(dataDir, { log: (line) => lines.push(line) });
    expect(lines).toEqual([
      `process ${stranger.pid} is no living PostgreSQL of ours; removing the stale postmaster.pid`,
    ]);
    expect(await readMarks(second.url)).toEqual(['committed']);
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
  },
);

inPlace('a Postgres that outlived its launcher is stopped and replaced', async () => {
  const dataDir = await usedDataDir();
  const first = await start(dataDir);
  await writeMark(first.url, 'committed');
  await first.stop();
  const orphan = await startOrphan(dataDir, first.port);
  await waitFor('the orphan has its pid file', 5_000, () => existsSync(pidFileIn(dataDir)));

  const second = await start(dataDir);
  expect(isAlive(orphan.pid)).toBe(false);
  expect(second.port).toBe(first.port);
  expect(await readMarks(second.url)).toEqual(['committed']);
});

inPlace('kill -9 in the middle of initdb costs nothing but the time', async () => {
  const dataDir = await temporaryDirectory();
  const inside = () => (existsSync(join(dataDir, 'postgres')) ? readdirSync(join(dataDir, 'postgres')) : []);
  const draft = () => inside().find((name) => /^cluster\.new-[^.]+$/.test(name));
  const launcher = spawnLauncher({ dataDir });
  const wal = () => join(dataDir, 'postgres', draft() ?? 'none', 'base', '1');
  await waitFor('initdb is at work', 10_000, () => existsSync(wal()));
  await end(launcher);
  expect(inside()).not.toContain('cluster');
  expect(draft()).toBeDefined();

  await start(dataDir);
  expect(draft()).toBeUndefined();
});

/** As a launcher leaves it where setpriv(1) is missing. */
async function startOrphan(dataDir: string, port: number) {
  const home = join(dataDir, 'postgres');
  const known = await accountFor({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 });
  const account = { ...known, prefix: known.prefix.filter((word) => !/setpriv|pdeathsig/.test(word)) };
  const binaries = await usableBinaries(locateNative(), account, home);
  const log = openLogFile(join(home, 'server.log'));
  onTestFinished(() => log.close());
  const parts = { account, binaries, cluster: join(home, 'cluster'), port, settings: {}, logFd: log.fd };
  const orphan = await startServer(parts);
  onTestFinished(() => orphan.stop());
  return orphan;
}
