import { access, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The first bytes of every block file, by chain: Bitcoin Core's and Litecoin Core's chainparams.cpp. Practice chains
 * of both begin with `fabfb5da`.
 */
const REAL_CHAINS: Readonly<Record<string, string>> = {
  f9beb4d9: 'Bitcoin',
  '0b110907': 'Bitcoin testnet3',
  '1c163f28': 'Bitcoin testnet4',
  '0a03cf40': 'Bitcoin signet',
  fbc0b6db: 'Litecoin',
  fdd2c8f1: 'Litecoin testnet4',
};
const MAGIC_BYTES = 4;

/**
 * Why a path is none of a practice chain; `null`: it may be. Of a daemon's data directory only the folder of its
 * regtest chain ever is: a folder with blocks and a chain state directly in it belongs to a real one otherwise.
 * @param path of the folder or file itself, or a way to it
 * @param name under which it was declared
 */
export async function realChainAt(path: string, name: string): Promise<string | null> {
  const magic = await magicOf(join(path, 'blocks'));
  const chain = magic === null ? undefined : REAL_CHAINS[magic];
  if (chain !== undefined) return `its blocks are of ${chain}`;
  const isChain = (await isThere(join(path, 'blocks'))) && (await isThere(join(path, 'chainstate')));
  return isChain && name !== 'regtest' ? 'it holds a chain that is not the practice chain' : null;
}

/** In hex, without the obfuscation that Bitcoin Core writes with since 28.0; `null`: there is none to be read. */
async function magicOf(blocks: string): Promise<string | null> {
  try {
    const file = await open(join(blocks, 'blk00000.dat'));
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
      if (bytesRead < MAGIC_BYTES) return null;
      const key = await readFile(join(blocks, 'xor.dat')).catch(() => Buffer.alloc(MAGIC_BYTES));
      return Buffer.from(buffer.map((byte, index) => byte ^ (key[index] ?? 0))).toString('hex');
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
