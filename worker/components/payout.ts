import { poolKind } from './index.ts';
import type { ConfigChange } from './kind.ts';
import { poolMember, type Stack } from './stack.ts';
import { openWallet } from './wallet.ts';

/** Lets the pool's blocks pay to the stack's wallet, unless its configuration already says to whom. */
async function preparePayout(stack: Stack): Promise<ConfigChange> {
  const pool = poolMember(stack);
  const kind = poolKind(pool);
  return await kind.setPayoutAddress(pool, async () => {
    const wallet = await openWallet(stack);
    return await wallet.address(kind.payoutAddressType);
  });
}

/** Starts the pool, once its configuration says to whom its blocks pay. */
export async function bootPool(stack: Stack): Promise<{ started: string; payout: ConfigChange }> {
  const payout = await preparePayout(stack);
  const pool = poolMember(stack);
  return { started: await poolKind(pool).start(pool, { reindex: false }), payout };
}
