import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { realChainAt } from '../../../worker/components/real-chain.ts';

/** A daemon's folder whose first block file begins like this. */
async function chain(magic: string, key?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'davy-chain-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of ['blocks', 'chainstate']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'blocks', 'blk00000.dat'), Buffer.from(`${magic}00000000`, 'hex'));
  if (key) await writeFile(join(folder, 'blocks', 'xor.dat'), Buffer.from(key, 'hex'));
  return folder;
}

test('knows the blocks of a real chain, under whatever name', async () => {
  expect(await realChainAt(await chain('f9beb4d9'), 'regtest')).toBe('its blocks are of Bitcoin');
  expect(await realChainAt(await chain('fbc0b6db'), 'regtest')).toBe('its blocks are of Litecoin');
  expect(await realChainAt(await chain('f8bcb7dd', '0102030400000000'), 'regtest')).toBe(
    'its blocks are of Bitcoin',
  );
});

test('takes a chain that does not lie in a folder called regtest for a real one', async () => {
  expect(await realChainAt(await chain('fabfb5da'), '.bitcoin')).toContain('not the practice chain');
});

test('lets the practice chain pass, and what is damaged or no chain at all', async () => {
  expect(await realChainAt(await chain('fabfb5da'), 'regtest')).toBeNull();
  expect(await realChainAt(await chain('00000000'), 'regtest')).toBeNull();
  expect(await realChainAt('/nowhere', 'pool.log')).toBeNull();
});
