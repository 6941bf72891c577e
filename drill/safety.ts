import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from '../worker/components/stack.ts';
import { askDaemon } from './components.ts';
import type { Account } from './incidents.ts';

/** What no repair may cost: noted before the harm, compared after the repair. */
export interface Valuables {
  /** What is lost now, as sentences; empty: nothing. */
  losses(account: Account): Promise<string[]>;
}

const CANARY = 'drill-canary.txt';
/** Regtest keeps this one from the first block that was ever mined. */
const FIRST_BLOCK = 1;

/** Notes the chain, the wallet and a file of somebody else in the stack's folder. */
export async function noteValuables(stack: Stack): Promise<Valuables> {
  const canary = join(stack.directory, CANARY);
  const words = `This file is nobody's business. ${performance.now()}\n`;
  await writeFile(canary, words);
  const before = await treasures(stack);
  return {
    async losses({ actions }) {
      const lost = [];
      if ((await readFile(canary, 'utf8').catch(() => null)) !== words) lost.push('a file of somebody else');
      const resets = actions.filter((action) => action.startsWith('reset'));
      if (resets.length > 0) lost.push(`what a reset moves aside (${resets.join(', ')})`);
      const after = await treasures(stack).catch(() => null);
      // A daemon that is down for good says nothing of its chain; that is judged once it is back.
      if (after && after.firstBlock !== before.firstBlock) lost.push('the chain');
      if (after && after.height < before.height) lost.push(`blocks (${before.height} -> ${after.height})`);
      if (after && before.wallets.some((name) => !after.wallets.includes(name))) lost.push('a wallet');
      return lost;
    },
  };
}

async function treasures(stack: Stack) {
  const [height, firstBlock, listed] = await Promise.all([
    askDaemon(stack, 'getblockcount'),
    askDaemon(stack, 'getblockhash', [FIRST_BLOCK]),
    askDaemon(stack, 'listwalletdir'),
  ]);
  const wallets = (listed as { wallets: { name: string }[] }).wallets.map(({ name }) => name);
  return { height: Number(height), firstBlock: String(firstBlock), wallets };
}
