import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { buildPrograms } from '../../bin/build.js';
import { buildFolder, PROGRAMS } from '../../bin/program.js';

const CLI = 'cli/main.ts';

/** A checkout in which each program says where its source lies, and what it was told. */
async function checkout() {
  const root = await mkdtemp(join(tmpdir(), 'davy-built-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const write = async (path: string, source: string) => {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), source);
  };
  await write('tsconfig.json', '{}');
  await write('core/said.ts', 'export const said: string = "first";');
  for (const path of PROGRAMS)
    await write(
      path,
      `import { said } from '${'../'.repeat(path.split('/').length - 1)}core/said.ts'; console.log(said, import.meta.url);`,
    );
  return { root, write };
}

test('a program knows where its source lies, wherever it was built', async () => {
  const { root } = await checkout();
  const folder = await buildPrograms(root);
  const { stdout } = await execa('node', [join(folder, 'cli-main.js')]);
  expect(stdout).toBe(`first ${pathToFileURL(join(root, CLI)).href}`);
});

test('a build of other sources is none', async () => {
  const { root, write } = await checkout();
  const first = await buildPrograms(root);
  expect(await buildPrograms(root)).toBe(first);
  expect(buildFolder(root)).toBe(first);
  await utimes(join(root, 'core/said.ts'), 1, 1);
  expect(buildFolder(root)).not.toBe(first);
  await write('core/said.ts', 'export const said: string = "other";');
  const second = await buildPrograms(root);
  expect((await execa('node', [join(second, 'cli-main.js')])).stdout).toMatch(/^other /);
  await rm(join(root, 'core/said.ts'));
  expect(buildFolder(root)).not.toBe(second);
  await expect(buildPrograms(root)).rejects.toThrow('said.ts');
});

test('several that build at once come to the same', async () => {
  const { root } = await checkout();
  const folders = await Promise.all(Array.from({ length: 3 }, () => buildPrograms(root)));
  expect(new Set(folders).size).toBe(1);
});

test('builds of the day before are deleted, and nothing else that lies beside them', async () => {
  const { root, write } = await checkout();
  const old = join(root, 'build', '0123456789abcdef');
  await write('build/0123456789abcdef/cli-main.js', '');
  await write('build/notes/mine.txt', '');
  for (const path of [old, join(root, 'build/notes')]) await utimes(path, 1, 1);
  const folder = await buildPrograms(root);
  expect((await readdir(join(root, 'build'))).sort()).toEqual([basename(folder), 'notes'].sort());
});
