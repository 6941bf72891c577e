import { openWallet } from '../components/wallet.ts';
import { type Executors, failed, succeeded } from './agent.ts';

/** A coinbase matures after a hundred further blocks. */
const MATURE_HEIGHT = 101;
const BLOCKS_AT_ONCE = 10;

export const walletManager: Executors<'fund_wallet' | 'verify_reward'> = {
  async fund_wallet({ stack, signal, rememberHeight }) {
    const wallet = await openWallet(stack);
    const address = await wallet.address();
    let generated = 0;
    while ((await wallet.balance()) <= 0 && generated <= 2 * MATURE_HEIGHT) {
      signal.throwIfAborted();
      const blocks = generated < MATURE_HEIGHT ? Math.min(BLOCKS_AT_ONCE, MATURE_HEIGHT - generated) : 1;
      await rememberHeight(await wallet.generate(blocks));
      generated += blocks;
    }
    const [balance, { height }] = [await wallet.balance(), await wallet.checkpoint()];
    await rememberHeight(height);
    const evidence = { address, balance, height, generatedBlocks: generated };
    return balance > 0
      ? succeeded(evidence)
      : failed('not_funded', `no mature coins at height ${height}`, evidence);
  },

  async verify_reward({ stack }) {
    const wallet = await openWallet(stack);
    const tip = await wallet.ownsTip();
    return tip.owned
      ? succeeded({ ...tip })
      : failed('reward_missing', `block ${tip.block} at height ${tip.height} does not pay to the wallet`, {
          ...tip,
        });
  },
};
