import { access, cp, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DaemonSpec } from '../../core/environment.ts';
import { chainDirectory } from '../components/chain-data.ts';
import type { Member, Stack } from '../components/stack.ts';
import { asideOf } from '../host/trash.ts';
import { daemonsOf } from './paths-to-clear.ts';

/**
 * Copies the wallets of every daemon to where no reset cleans. They are taken from the chain as it was before the
 * reset, wherever it lies by now; what an earlier life copied half is copied again.
 */
export async function copyWallets(stack: Stack, nonce: string): Promise<void> {
  for (const member of daemonsOf(stack)) {
    const chain = chainDirectory(member);
    const before = (await isThere(asideOf(chain, nonce))) ? asideOf(chain, nonce) : chain;
    const copy = copyOf(member, nonce);
    await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
    if (await isThere(join(before, 'wallets'))) await cp(join(before, 'wallets'), copy, { recursive: true });
    else
      for (const name of await looseWallets(before))
        await cp(join(before, name), join(copy, name), { recursive: true });
  }
}

/**
 * A daemon that found its folder made already keeps its wallets in it, beside the chain: the default one as files, the
 * others in folders (`GetWalletDir` of Bitcoin Core and litecoind). In the new chain they lie in `wallets`.
 */
async function looseWallets(chain: string): Promise<string[]> {
  const entries = (await isThere(chain)) ? await readdir(chain) : [];
  const folders = await Promise.all(
    entries.map(async (name) => ((await isThere(join(chain, name, 'wallet.dat'))) ? [name] : [])),
  );
  return [...entries.filter((name) => DEFAULT_WALLET.has(name)), ...folders.flat()];
}

/** The wallet itself, and the journal of Berkeley DB that belongs to it. */
const DEFAULT_WALLET: ReadonlySet<string> = new Set(['wallet.dat', 'database']);

/** Gives the copies to the new chains. */
export async function restoreWallets(stack: Stack, nonce: string): Promise<void> {
  for (const member of daemonsOf(stack)) {
    const copy = copyOf(member, nonce);
    if (await isThere(copy)) await cp(copy, join(chainDirectory(member), 'wallets'), { recursive: true });
  }
}

function copyOf({ stack, ref }: Member<DaemonSpec>, nonce: string): string {
  return join(stack.stateDirectory, 'wallets', nonce, ref.name);
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
