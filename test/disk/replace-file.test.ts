import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { replaceFile } from '../../disk/replace-file.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'davylamp-disk-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

test('a file is replaced whole, by many at once too, with its mode and with nothing left beside it', async () => {
  const file = join(folder, 'key');
  await writeFile(file, 'old', { mode: 0o644 });
  const texts = Array.from({ length: 8 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(texts.map((text) => replaceFile(file, text, 0o600)));
  expect(texts).toContain(await readFile(file, 'utf8'));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['key']);
});

test('what cannot be replaced stays, and no draft is left', async () => {
  const taken = join(folder, 'taken');
  await mkdir(taken);
  await expect(replaceFile(taken, 'new', 0o600)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(await readdir(folder)).toEqual(['taken']);
});

test('a symlink is not followed', async () => {
  const elsewhere = join(folder, 'elsewhere');
  const link = join(folder, 'link');
  await writeFile(elsewhere, 'its own');
  await symlink(elsewhere, link);
  await replaceFile(link, 'new', 0o600);
  expect(await readFile(elsewhere, 'utf8')).toBe('its own');
  expect(await readFile(link, 'utf8')).toBe('new');
});
