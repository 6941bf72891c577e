import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { emptyTrash, moveToTrash, restoreTrash } from '../../../worker/host/trash.ts';

const isRoot = process.getuid?.() === 0;

async function folder(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'davy-trash-')));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function doomed(): Promise<{ home: string; data: string }> {
  const home = await folder();
  const data = join(home, 'regtest');
  await mkdir(data);
  await writeFile(join(data, 'blocks'), 'old');
  return { home, data };
}

test('moves a folder aside, puts it back in place of what grew there, or deletes it', async () => {
  const { home, data } = await doomed();
  const first = await moveToTrash(data, 'a1');
  expect(await readdir(home)).toEqual(['.trash-a1-regtest']);
  await mkdir(data);
  await writeFile(join(data, 'blocks'), 'new');
  if (first) await restoreTrash(first);
  expect(await readFile(join(data, 'blocks'), 'utf8')).toBe('old');

  const second = await moveToTrash(data, 'a2');
  if (second) await emptyTrash(second);
  expect(await readdir(home)).toEqual([]);
});

test('has nothing to do where nothing is', async () => {
  expect(await moveToTrash(join(await folder(), 'regtest'), 'a1')).toBeNull();
});

test('leaves a symlink alone, and what it leads to', async () => {
  const { home, data } = await doomed();
  const link = join(home, 'link');
  await symlink(data, link);
  await expect(moveToTrash(link, 'a1')).rejects.toThrow(`${link} is left alone: it leads to ${data}`);
  expect(await readFile(join(data, 'blocks'), 'utf8')).toBe('old');
});

test('leaves a path through a symlink alone', async () => {
  const { home } = await doomed();
  const elsewhere = await folder();
  await symlink(home, join(elsewhere, 'in'));
  await expect(moveToTrash(join(elsewhere, 'in', 'regtest'), 'a1')).rejects.toThrow('it leads to');
  expect(existsSync(join(home, 'regtest', 'blocks'))).toBe(true);
});

test.each(['/', '/etc', '/home'])('leaves %s alone', async (path) => {
  await expect(moveToTrash(path, 'a1')).rejects.toThrow('too near to the root');
});

test('leaves a folder alone in which a process has a file open', async () => {
  const { data } = await doomed();
  const reader = spawn('sleep', ['60'], { cwd: data });
  onTestFinished(() => void reader.kill('SIGKILL'));
  await new Promise((resolve) => reader.once('spawn', resolve));
  await expect(moveToTrash(data, 'a1')).rejects.toThrow(`process ${reader.pid} has files open there`);
});

test.runIf(isRoot)('leaves a folder alone that something is mounted in', async () => {
  const { data } = await doomed();
  const precious = await folder();
  await writeFile(join(precious, 'canary'), 'alive');
  await mkdir(join(data, 'mounted'));
  execFileSync('mount', ['--bind', precious, join(data, 'mounted')]);
  onTestFinished(() => void execFileSync('umount', [join(data, 'mounted')]));
  await expect(moveToTrash(data, 'a1')).rejects.toThrow('is a mount point');
  expect(await readFile(join(precious, 'canary'), 'utf8')).toBe('alive');
});
