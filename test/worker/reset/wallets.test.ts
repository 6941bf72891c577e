import { mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { noFailpoints } from '../../../core/failpoint.ts';
import { chainDirectory } from '../../../worker/components/chain-data.ts';
import { openWallet } from '../../../worker/components/wallet.ts';
import { rpcCall } from '../../../worker/host/rpc.ts';
import { resetHostOf } from '../../../worker/reset/stack-host.ts';
import { needs } from '../../support/packages.ts';
import { litecoinStack } from '../components/support/litecoin-stack.ts';

const START = { reindex: false };
const SLOW = { timeoutMs: 30_000 };

needs('litecoind').describe('a wallet', () => {
  test.each([
    { where: 'in the folder of wallets', isMade: false },
    { where: 'beside the chain, whose folder was there before the daemon', isMade: true },
  ])('that lies $where is the same one after the chain is cleared', async ({ isMade }) => {
    const { stack, daemon, kind, answers } = await litecoinStack();
    const chain = chainDirectory(daemon);
    if (isMade) await mkdir(chain, { recursive: true });
    await kind.start(daemon, START);
    await answers();
    const endpoint = await kind.endpoint(daemon);
    await rpcCall(endpoint, 'createwallet', [''], SLOW);
    const ofDefault = await rpcCall({ ...endpoint, wallet: '' }, 'getnewaddress', []);
    const address = await (await openWallet(stack)).address();
    await kind.stop(daemon, { force: false });

    const { signal } = new AbortController();
    const observe = () => Promise.reject(new Error('nobody looks'));
    const host = resetHostOf({ stack, nonce: 'attempt-1', reach: noFailpoints, signal, observe });
    await host.copyWallets();
    expect(await host.setAside(chain)).toBe('moved');
    await host.restoreWallets();
    await kind.start(daemon, START);
    await answers();

    expect(await rpcCall(endpoint, 'getblockcount', [])).toBe(0);
    expect(await (await openWallet(stack)).address()).toBe(address);
    const loaded = (await rpcCall(endpoint, 'listwallets', [])) as string[];
    if (!loaded.includes('')) await rpcCall(endpoint, 'loadwallet', [''], SLOW);
    expect(await rpcCall({ ...endpoint, wallet: '' }, 'getaddressinfo', [ofDefault])).toMatchObject({
      ismine: true,
    });
  });
});
