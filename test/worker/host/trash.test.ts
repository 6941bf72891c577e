import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  deleteMarked,
  markForDeletion,
  putBack,
  setAside,
  type TrashOptions,
} from '../../../worker/host/trash.ts';
import { isRoot } from '../../support/capabilities.ts';

const nonce = 'a1';

async function folder(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'davy-trash-')));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Data to be moved, and outside of it something that must live through everything. */
async function folders(): Promise<{ home: string; data: string; canary: string }> {
  const home = await folder();
  const data = join(home, 'regtest');
  await mkdir(join(data, 'index'), { recursive: true });
  await writeFile(join(data, 'blocks'), 'old');
  await writeFile(join(data, 'index', 'one'), 'old');
  const canary = join(await folder(), 'canary');
  await writeFile(canary, 'alive');
  onTestFinished(async () => expect(await readFile(canary, 'utf8')).toBe('alive'));
  return { home, data, canary };
}

function mountAt(point: string, source: string): void {
  mkdirSync(point, { recursive: true });
  execFileSync('mount', ['--bind', source, point]);
  onTestFinished(() => {
    for (const at of mountsBelow(join(point, '..'))) execFileSync('umount', ['-l', at]);
  });
}

function mountsBelow(path: string): string[] {
  const points = execFileSync('cut', ['-d', ' ', '-f5', '/proc/self/mountinfo'], { encoding: 'utf8' });
  return points.split('\n').filter((point) => point.startsWith(path));
}

/** Does something at one step of what is going on, once. */
function at(step: string, act: () => void): TrashOptions {
  let done = false;
  const reached = (where: string) => {
    if (where !== step || done) return;
    done = true;
    act();
  };
  return { nonce, reached };
}

const remove = async (path: string, options: TrashOptions) => {
  await setAside(path, { nonce });
  await markForDeletion(path, { nonce });
  return await deleteMarked(path, options);
};

test('moves a folder aside once, puts it back in place of what grew there, or deletes it', async () => {
  const { home, data } = await folders();
  expect(await setAside(data, { nonce })).toBe('moved');
  expect(await readdir(home)).toEqual(['.trash-a1-regtest']);
  await mkdir(data);
  await writeFile(join(data, 'blocks'), 'new');
  expect(await setAside(data, { nonce })).toBe('already');
  expect(await putBack(data, { nonce })).toBe(true);
  expect(await readFile(join(data, 'blocks'), 'utf8')).toBe('old');
  expect(await readdir(home)).toEqual(['regtest']);
  expect(await putBack(data, { nonce })).toBe(false);

  await setAside(data, { nonce: 'a2' });
  expect(await markForDeletion(data, { nonce: 'a2' })).toBe(true);
  expect(await readdir(home)).toEqual(['.deleted-a2-regtest']);
  expect(await putBack(data, { nonce: 'a2' })).toBe(false);
  expect(await deleteMarked(data, { nonce: 'a2' })).toBe(true);
  expect(await readdir(home)).toEqual([]);
});

test('has nothing to do where nothing is', async () => {
  const path = join(await folder(), 'regtest');
  expect(await setAside(path, { nonce })).toBe('absent');
  expect(await setAside(join(path, 'deeper'), { nonce })).toBe('absent');
  expect(await putBack(path, { nonce })).toBe(false);
  expect(await markForDeletion(path, { nonce })).toBe(false);
  expect(await deleteMarked(path, { nonce })).toBe(false);
});

test('leaves a symlink alone, and what it leads to', async () => {
  const { home, data } = await folders();
  const link = join(home, 'link');
  await symlink(data, link);
  await expect(setAside(link, { nonce })).rejects.toThrow(`${link} is left alone: it leads to ${data}`);
  expect(await readFile(join(data, 'blocks'), 'utf8')).toBe('old');
});

test('leaves a path through a symlink alone', async () => {
  const { home, data } = await folders();
  const elsewhere = await folder();
  await symlink(home, join(elsewhere, 'in'));
  await expect(setAside(join(elsewhere, 'in', 'regtest'), { nonce })).rejects.toThrow('it leads to');
  expect(existsSync(join(data, 'blocks'))).toBe(true);
});

test.each(['/', '/etc', '/home'])('leaves %s alone', async (path) => {
  await expect(setAside(path, { nonce })).rejects.toThrow('too near to the root');
});

test('leaves a home folder alone, and a path with ".."', async () => {
  const { home, data } = await folders();
  process.env.HOME = join(data, 'somebody');
  onTestFinished(() => {
    process.env.HOME = homeBefore;
  });
  await expect(setAside(data, { nonce })).rejects.toThrow('it holds a home folder');
  await expect(setAside(`${home}/x/../regtest`, { nonce })).rejects.toThrow('not a plain absolute path');
  await expect(setAside('regtest', { nonce })).rejects.toThrow('not a plain absolute path');
});
const homeBefore = homedir();

test('leaves a folder alone in which a process has a file open', async () => {
  const { data } = await folders();
  const reader = spawn('sleep', ['60'], { cwd: data });
  onTestFinished(() => void reader.kill('SIGKILL'));
  await new Promise((resolve) => reader.once('spawn', resolve));
  await expect(setAside(data, { nonce })).rejects.toThrow(
    `process ${reader.pid} (sleep) has files open there`,
  );
});

test("what we read ourselves is in nobody's way, and who reads for a moment is waited for", async () => {
  const { data } = await folders();
  const log = join(data, 'debug.log');
  await writeFile(log, 'said');
  const ours = await open(log);
  onTestFinished(() => ours.close());
  const reader = spawn('sleep', ['0.3'], { cwd: data });
  await new Promise((resolve) => reader.once('spawn', resolve));
  expect(await setAside(data, { nonce })).toBe('moved');
  await expect.poll(() => reader.exitCode).toBe(0);
});

test('leaves alone what is refused for its content', async () => {
  const { home, data } = await folders();
  const refusal = async (path: string) => await readFile(join(path, 'blocks'), 'utf8');
  await expect(setAside(data, { nonce, refusal })).rejects.toThrow('is left alone: old');
  expect(await readdir(home)).toEqual(['regtest']);
});

test('undoes a rename of what came in place of the folder that it had looked at', async () => {
  const { home, data, canary } = await folders();
  const swap = at('checked', () => {
    renameSync(data, join(home, 'kept'));
    symlinkSync(join(canary, '..'), data);
  });
  await expect(setAside(data, swap)).rejects.toThrow('it was exchanged while it was looked at');
  expect((await readdir(home)).sort()).toEqual(['kept', 'regtest']);

  await rm(data);
  const replace = at('checked', () => {
    renameSync(join(home, 'kept'), join(home, 'kept too'));
    mkdirSync(join(home, 'kept'));
    writeFileSync(join(home, 'kept', 'precious'), 'alive');
  });
  await expect(setAside(join(home, 'kept'), replace)).rejects.toThrow('it was exchanged');
  expect(await readFile(join(home, 'kept', 'precious'), 'utf8')).toBe('alive');
});

test('acts in the folder that it looked at, whatever comes in the place of an element above', async () => {
  const { data } = await folders();
  const precious = await folder();
  const above = join(precious, '..', `above-${process.pid}`);
  onTestFinished(() => rm(above, { recursive: true, force: true }));
  mkdirSync(join(precious, 'regtest'));
  mkdirSync(above);
  renameSync(data, join(above, 'regtest'));
  const swap = at('checked', () => {
    renameSync(above, join(precious, 'moved'));
    symlinkSync(precious, above);
  });
  await setAside(join(await realpath(above), 'regtest'), swap);
  expect(await readdir(join(precious, 'moved'))).toEqual(['.trash-a1-regtest']);
  expect((await readdir(precious)).sort()).toEqual(['moved', 'regtest']);
});

test('deletes symlinks, never what they lead to', async () => {
  const { home, data, canary } = await folders();
  await symlink(join(canary, '..'), join(data, 'index', 'way out'));
  await remove(data, { nonce });
  expect(await readdir(home)).toEqual([]);
});

test('deletes no further through a symlink that comes while it deletes', async () => {
  const { home, data, canary } = await folders();
  const marked = join(home, '.deleted-a1-regtest');
  await remove(
    data,
    at('deleting', () => {
      const rest = ['index', 'more'].map((name) => join(marked, name)).find(existsSync);
      if (rest) renameSync(rest, join(home, 'gone elsewhere'));
      symlinkSync(join(canary, '..'), join(marked, 'index'));
    }),
  ).catch((error: Error) => expect(error.message).toMatch(/ENOTDIR|EEXIST/));
  expect(existsSync(canary)).toBe(true);
});

test.runIf(isRoot)('leaves a mount point alone, and a folder that something is mounted in', async () => {
  const { data, canary } = await folders();
  mountAt(join(data, 'mounted'), join(canary, '..'));
  await expect(setAside(data, { nonce })).rejects.toThrow('is a mount point');
  await expect(setAside(join(data, 'mounted'), { nonce })).rejects.toThrow('is a mount point');
});

test.runIf(isRoot)('never deletes through a mount that came after it was moved', async () => {
  const { home, data, canary } = await folders();
  await setAside(data, { nonce });
  await markForDeletion(data, { nonce });
  mountAt(join(home, '.deleted-a1-regtest', 'mounted'), join(canary, '..'));
  await expect(deleteMarked(data, { nonce })).rejects.toThrow('is a mount point');
});

test.runIf(isRoot)('never deletes through a mount that comes while it deletes', async () => {
  const { home, data, canary } = await folders();
  for (const name of ['a', 'b', 'c']) {
    await mkdir(join(data, name));
    await writeFile(join(data, name, 'file'), 'old');
  }
  const marked = join(home, '.deleted-a1-regtest');
  const mounts = at('deleting', () => {
    for (const name of ['a', 'b', 'c'])
      if (existsSync(join(marked, name, 'file'))) mountAt(join(marked, name), join(canary, '..'));
  });
  await expect(remove(data, mounts)).rejects.toThrow('something is mounted there');
  expect(mountsBelow(marked).length).toBeGreaterThan(0);
});
