import { chmod, chown, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { othersCanRun, postgresRunsInPlace } from '../../support/capabilities.ts';
import {
  end,
  isAlive,
  launch,
  NOBODY,
  start,
  temporaryDirectory,
  usedDataDir,
  waitFor,
} from './fixtures/processes.ts';
import { readMarks, writeMark } from './fixtures/rows.ts';

const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

const modeOf = async (dataDir: string) =>
  JSON.parse(await readFile(join(dataDir, 'postgres', 'mode.json'), 'utf8')) as { mode: string; uid: number };

describe.runIf(othersCanRun && postgresRunsInPlace)('started by root', () => {
  test('an ordinary user below a private home needs no root, and root may go on with the cluster', async () => {
    const home = await temporaryDirectory();
    await chown(home, NOBODY, NOBODY);
    await chmod(home, 0o700);
    const dataDir = join(home, 'my data');
    const first = await launch({ dataDir }, { prefix: AS_NOBODY });
    expect(first.message).toBeUndefined();
    expect((await stat(`/proc/${first.pid}`)).uid).toBe(NOBODY);
    expect(await modeOf(dataDir)).toMatchObject({ mode: 'direct', uid: NOBODY });
    await writeMark(first.url, 'ordinary');
    await end(first.launcher);
    await waitFor('Postgres ends by itself', 3_000, () => !isAlive(first.pid));

    const second = await start(dataDir);
    expect((await stat(`/proc/${second.pid}`)).uid).toBe(NOBODY);
    expect(await readMarks(second.url)).toEqual(['ordinary']);
    await second.stop();
    const third = await launch({ dataDir }, { prefix: AS_NOBODY });
    expect(third.url).toBe(first.url);
  });

  test('an ordinary user is told that a cluster is not theirs', async () => {
    const dataDir = await usedDataDir();
    await chown(join(dataDir, 'postgres'), NOBODY, NOBODY);
    for (const name of ['lock', 'mode.json']) await chown(join(dataDir, 'postgres', name), NOBODY, NOBODY);
    await chown(dataDir, NOBODY, NOBODY);
    expect(await launch({ dataDir }, { prefix: AS_NOBODY })).toMatchObject({ code: 'postgres-account' });
  });

  test('where unshare is blocked, an unprivileged account runs it, and later starts keep to that', async () => {
    const dataDir = await temporaryDirectory();
    await chmod(dataDir, 0o711);
    const first = await launch({ dataDir }, { path: await pathWithoutUnshare() });
    expect(first.message).toBeUndefined();
    const { mode, uid } = await modeOf(dataDir);
    expect(mode).toBe('account');
    expect((await stat(`/proc/${first.pid}`)).uid).toBe(uid);
    await writeMark(first.url, 'dropped');
    await end(first.launcher);
    await waitFor('Postgres ends by itself', 3_000, () => !isAlive(first.pid));

    const second = await start(dataDir);
    expect((await stat(`/proc/${second.pid}`)).uid).toBe(uid);
    expect(await readMarks(second.url)).toEqual(['dropped']);
  });

  test('an account that cannot reach the directory gets its cluster elsewhere', async () => {
    const fallbackRoot = await temporaryDirectory();
    await chmod(fallbackRoot, 0o711);
    const dataDir = join(await temporaryDirectory(), 'data');
    const path = await pathWithoutUnshare();
    const first = await launch({ dataDir, fallbackRoot }, { path });
    expect(first.message).toBeUndefined();
    expect(first.lines).toEqual([expect.stringContaining(`cluster in ${fallbackRoot}/davylamp-`)]);
    await writeMark(first.url, 'outside');
    await end(first.launcher);

    const second = await start(dataDir, { fallbackRoot });
    expect(await readMarks(second.url)).toEqual(['outside']);
    await second.stop();

    await rm(dataDir, { recursive: true });
    const afresh = await launch({ dataDir, fallbackRoot }, { path });
    expect(afresh.message).toBeUndefined();
    const [home = ''] = await readdir(fallbackRoot);
    expect(await readdir(join(fallbackRoot, home))).toEqual(['cluster', 'cluster.set-aside']);
  });
});

/** Containers often forbid user namespaces: their unshare(1) fails like this one. */
async function pathWithoutUnshare(): Promise<string> {
  const directory = join(await temporaryDirectory(), 'bin');
  await mkdir(directory);
  const script = '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n';
  await writeFile(join(directory, 'unshare'), script, { mode: 0o755 });
  return `${directory}:${process.env.PATH}`;
}
