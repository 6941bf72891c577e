import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { editJson } from '../../../worker/components/config-file.ts';

test("an operator's symlink stays one: the file that it leads to is edited, and what stood there is kept", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'davylamp-config-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [pool, etc] = [join(folder, 'pool'), join(folder, 'etc')];
  await Promise.all([mkdir(pool), mkdir(etc)]);
  await writeFile(join(etc, 'pool.json'), '{ "port": 1 }', { mode: 0o644 });
  const file = join(pool, 'pool.json');
  await symlink('../etc/pool.json', file);

  const { change } = await editJson(file, {}, [{ path: ['port'], value: 2 }]);

  expect(change).toBe('adjusted');
  expect((await lstat(file)).isSymbolicLink()).toBe(true);
  expect(await readFile(join(etc, 'pool.json'), 'utf8')).toBe('{ "port": 2 }');
  expect((await stat(join(etc, 'pool.json'))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(pool, 'pool.json.bak'), 'utf8')).toBe('{ "port": 1 }');
  expect([await readdir(etc), await readdir(pool)]).toEqual([['pool.json'], ['pool.json', 'pool.json.bak']]);
});
