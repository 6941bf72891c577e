import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../../../worker/host/command.ts';
import { startApi, temporaryFolder } from '../support/api.ts';

const HOME = join(import.meta.dirname, '../../..');
const TSC = join(HOME, 'node_modules/.bin/tsc');
const USERS_SETTINGS = [
  '--ignoreConfig',
  '--strict',
  '--skipLibCheck',
  '--target',
  'es2022',
  '--module',
  'nodenext',
  '--types',
  '',
];

const USE = `import { davylampClient, type Run } from 'davylamp/client';
const [url = '', apiKey = ''] = process.argv.slice(2);
const answer = await davylampClient(url, { apiKey }).v1.runs.$get({ query: {}, header: {} });
if (!answer.ok) throw new Error(answer.status === 304 ? '' : (await answer.json()).detail);
const statuses: Run['status'][] = (await answer.json()).items.map(({ status }) => status);
console.log(JSON.stringify(statuses));
declare const process: { argv: string[] };
`;

/** A project of somebody who has installed the package. */
async function project(): Promise<string> {
  const folder = await temporaryFolder();
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'davylamp'), { recursive: true });
  await cp(join(HOME, 'package.json'), join(modules, 'davylamp/package.json'));
  for (const name of ['hono', 'zod']) await symlink(join(HOME, 'node_modules', name), join(modules, name));
  await run(TSC, '-p', join(HOME, 'tsconfig.client.json'), '--outDir', join(modules, 'davylamp/dist'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  return folder;
}

async function run(...argv: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  return await runCommand(argv, { timeoutMs: 60_000 });
}

test('who installs the package imports davylamp/client, typed, without a loader', {
  timeout: 120_000,
}, async () => {
  const api = await startApi();
  const folder = await project();
  const use = join(folder, 'use.ts');
  await writeFile(use, USE);
  expect(await run(TSC, ...USERS_SETTINGS, use)).toMatchObject({ exitCode: 0, stdout: '' });
  const used = await run(process.execPath, join(folder, 'use.js'), api.url, api.key);
  expect(used).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\[\]\s*$/) });

  await writeFile(use, USE.replace('({ status })', '({ colour })').replace('=> status', '=> colour'));
  const { exitCode, stdout } = await run(TSC, ...USERS_SETTINGS, '--noEmit', use);
  expect([exitCode !== 0, stdout]).toEqual([true, expect.stringContaining("'colour' does not exist")]);
});
