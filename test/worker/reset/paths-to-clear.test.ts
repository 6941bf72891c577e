import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseEnvironment } from '../../../core/environment.ts';
import type { Stack } from '../../../worker/components/stack.ts';
import { pathsToClear, reasonToSpare } from '../../../worker/reset/paths-to-clear.ts';

async function stack(declared: {
  dataDir?: string;
  directory?: string;
  logFiles?: string[];
}): Promise<Stack> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'davy-clear-')));
  onTestFinished(() => rm(home, { recursive: true }));
  const { dataDir = 'daemon', directory = 'pool', logFiles = [] } = declared;
  const parsed = parseEnvironment({
    name: 'lab',
    daemon: { dataDir },
    pool: { kind: 'process', command: ['true'], directory, logFiles },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return {
    environmentId: '',
    environment: parsed.environment,
    directory: home,
    stateDirectory: join(home, 'state'),
  };
}

test('is what davy.json declares, and of a data directory only the practice chain', async () => {
  const declared = await stack({ logFiles: ['pool.log', '/var/log/pool.log'] });
  const home = declared.directory;
  expect(pathsToClear(declared)).toEqual([
    join(home, 'daemon', 'regtest'),
    join(home, 'pool', 'pool.log'),
    '/var/log/pool.log',
    join(home, 'state', 'pool.out'),
  ]);
});

test.each([
  { dataDir: '../daemon' },
  { logFiles: ['../../.ssh/id_ed25519'] },
  { logFiles: ['/var/log/../lib/data'] },
  { directory: 'pool/..', logFiles: ['pool.log'] },
])('is not what is declared with "..": %j', async (declared) => {
  const climbing = await stack(declared);
  expect(() => pathsToClear(climbing)).toThrow('it is declared with ".."');
});

test('is spared where it is a folder in place of a log, holds davy.json, or the blocks of a real chain', async () => {
  const declared = await stack({ logFiles: ['logs'] });
  const home = declared.directory;
  const logs = join(home, 'pool', 'logs');
  await mkdir(logs, { recursive: true });
  expect(await reasonToSpare(declared, logs, logs)).toBe('it is declared as a file and is a folder');
  expect(await reasonToSpare(declared, home, home)).toBe(`it holds ${home}`);

  const chain = join(home, 'daemon', 'regtest');
  await mkdir(join(chain, 'blocks'), { recursive: true });
  expect(await reasonToSpare(declared, chain, chain)).toBeNull();
  await writeFile(join(chain, 'blocks', 'blk00000.dat'), Buffer.from('f9beb4d9', 'hex'));
  expect(await reasonToSpare(declared, chain, chain)).toBe('its blocks are of Bitcoin');
});
