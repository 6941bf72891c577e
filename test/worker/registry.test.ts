import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../db/connection.ts';
import { migrate } from '../../db/migrate.ts';
import { openRegistry } from '../../worker/registry.ts';
import { freshDatabase } from '../support/postgres.ts';

const HOST = 'rig-1';

/** The registry of a host, with folders for stacks on which nothing ever runs. */
async function place() {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'davylamp-registry-')));
  const database = openDatabase(await freshDatabase(migrate));
  const logs: string[] = [];
  const busy = new Set<string>();
  const dataDir = join(home, 'data');
  const open = (at: string) =>
    openRegistry({
      database,
      workerId: 'worker-1',
      host: HOST,
      roots: [join(home, 'stacks')],
      environmentFile: 'davy.json',
      dataDir: at,
      onTaken: async () => {},
      onLost: () => {},
      isAtWork: (id) => busy.has(id),
      log: (_, message) => void logs.push(message),
    });
  const registry = open(dataDir);
  onTestFinished(async () => {
    await registry.close();
    await database.close();
    await rm(home, { recursive: true, force: true });
  });
  const write = async (folder: string, name: string) => {
    await mkdir(join(home, 'stacks', folder), { recursive: true });
    const document = { name, daemon: {}, pool: {}, miners: [{}] };
    await writeFile(join(home, 'stacks', folder, 'davy.json'), JSON.stringify(document));
  };
  const served = () => registry.stacks().map(({ environment }) => environment.name);
  return { registry, open, database, dataDir, home, logs, busy, write, served };
}

test('an environment that cannot be taken does not keep the worker from those behind it', async () => {
  const { registry, dataDir, logs, write, served } = await place();
  await write('a', 'first');
  await write('b', 'second');
  await mkdir(join(dataDir, 'environments'), { recursive: true });
  await writeFile(join(dataDir, 'environments', 'first'), 'no folder');
  await registry.refresh();
  expect(served()).toEqual(['second']);
  expect(logs).toContain('an environment cannot be taken; it is tried again');
  await rm(join(dataDir, 'environments', 'first'));
  await registry.refresh();
  expect(served().sort()).toEqual(['first', 'second']);
});

test('an environment that got another name is served under that one, once nothing is under way under the old', async () => {
  const { registry, busy, write, served } = await place();
  await write('a', 'old');
  await registry.refresh();
  const [old = ''] = registry.claimant().environmentIds;
  busy.add(old);
  await write('a', 'new');
  await registry.refresh();
  expect(served()).toEqual([]);
  expect(registry.claimant().environmentIds).toEqual([]);
  busy.clear();
  await registry.refresh();
  expect(served()).toEqual(['new']);
  await write('a', 'old');
  await registry.refresh();
  expect(served()).toEqual(['old']);
  expect(registry.claimant().environmentIds).toEqual([old]);
});

test('an environment whose file went away is left; one whose file cannot be read stays as it was', async () => {
  const { registry, home, write, served } = await place();
  await write('a', 'first');
  await write('b', 'second');
  await registry.refresh();
  await rm(join(home, 'stacks', 'a', 'davy.json'));
  await writeFile(join(home, 'stacks', 'b', 'davy.json'), '{');
  await registry.refresh();
  expect(served()).toEqual(['second']);
  await write('a', 'first');
  await registry.refresh();
  expect(served().sort()).toEqual(['first', 'second']);
});

test('an environment that moved is served where it is now; a second one of its name is left out', async () => {
  const { registry, home, write, served } = await place();
  await write('b', 'lab');
  await registry.refresh();
  await write('a', 'lab');
  await registry.refresh();
  const folders = () => registry.stacks().map(({ directory }) => directory);
  expect(folders()).toEqual([join(home, 'stacks', 'b')]);
  await rm(join(home, 'stacks', 'b', 'davy.json'));
  await registry.refresh();
  expect(folders()).toEqual([join(home, 'stacks', 'a')]);
  expect(served()).toEqual(['lab']);
});

/** Takes all further descriptors from this process, and gives them back: by a shell, which has its own already. */
async function withoutDescriptors(work: () => Promise<void>): Promise<void> {
  const limit = (to: string) => `prlimit --pid ${process.pid} --nofile=${to} && echo done && read next`;
  const shell = spawn('sh', [
    '-c',
    `old=$(prlimit --pid ${process.pid} --nofile -o SOFT --noheadings); ${limit('3:')}; ${limit('$old:')}`,
  ]);
  const said = () => once(shell.stdout, 'data');
  await said();
  try {
    await work();
  } finally {
    shell.stdin.write('next\n');
    await said();
    shell.stdin.end();
  }
}

test('an environment whose folder cannot be listed for want of descriptors is not gone', async () => {
  const { registry, logs, write, served } = await place();
  await write('a', 'first');
  await registry.refresh();
  await withoutDescriptors(async () => {
    await expect(readdir(tmpdir())).rejects.toMatchObject({ code: 'EMFILE' });
    await registry.refresh();
  });
  expect(served()).toEqual(['first']);
  expect(logs).not.toContain('an environment is gone from its folder; nothing is done there any more');
});

test('the state of an environment stays where it began, whatever data directory its next worker has', async () => {
  const { registry, open, dataDir, home, logs, write } = await place();
  await write('a', 'lab');
  await registry.refresh();
  await registry.close();
  const other = open(join(home, 'other'));
  const state = async () => {
    await other.refresh();
    return other.stacks().map(({ stateDirectory }) => stateDirectory);
  };
  const began = join(dataDir, 'environments', 'lab');
  expect(await state()).toEqual([began]);
  expect(await state()).toEqual([began]);
  expect(logs).toContain('the state of this environment stays where another data directory has it');
  await other.close();
  await rm(dataDir, { recursive: true });
  expect(await state()).toEqual([join(home, 'other', 'environments', 'lab')]);
  await other.close();
});
