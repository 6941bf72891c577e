import { type RpcEndpoint, RpcError, rpcCall } from '../host/rpc.ts';
import { assertChain } from './bitcoind.ts';
import { checkpoint } from './checkpoint.ts';
import { daemonKind } from './index.ts';
import type { AddressType } from './kind.ts';
import { daemonMember, type Stack } from './stack.ts';

/** The wallet of a stack, loaded. */
export interface Wallet {
  /** The address that the stack's blocks pay to; always the same one of each type. */
  address(type?: AddressType): Promise<string>;
  /** Mature coins, in whole units of the currency. */
  balance(): Promise<number>;
  /** Mines blocks to the wallet's address on a practice chain and returns the new height. */
  generate(blocks: number): Promise<number>;
  /**
   * Mines one block on a practice chain, unless that was done for this nonce before: it pays to an address of the
   * wallet that carries the nonce as its label. Returns the height of the chain.
   */
  generateOnce(nonce: string): Promise<number>;
  /** Whether the block at the tip pays its coinbase to this wallet, and at which height it is. */
  ownsTip(): Promise<{ owned: boolean; height: number; block: string }>;
  /** Lets the daemon write its state to the disk, where it may, and tells the height of the chain. */
  checkpoint(): Promise<{ height: number }>;
}

const LABEL = 'davylamp';
/** Error codes of the wallet calls, from Bitcoin Core's rpc/protocol.h. */
const WALLET_NOT_FOUND = -18;
const ALREADY_LOADED = -35;
const LABEL_UNKNOWN = -11;
const SLOW_CALL = { timeoutMs: 60_000 };

/** Loads the stack's wallet, and makes it where it does not exist. */
export async function openWallet(stack: Stack): Promise<Wallet> {
  const daemon = daemonMember(stack);
  const endpoint = await daemonKind(daemon).endpoint(daemon);
  const info = (await rpcCall(endpoint, 'getblockchaininfo')) as { chain: string };
  assertChain(stack, info.chain);
  const { name } = stack.environment.wallet;
  await load(endpoint, name);
  return walletAt(stack, { ...endpoint, wallet: name });
}

async function load(endpoint: RpcEndpoint, name: string): Promise<void> {
  const loaded = (await rpcCall(endpoint, 'listwallets')) as string[];
  if (loaded.includes(name)) return;
  try {
    await rpcCall(endpoint, 'loadwallet', [name], SLOW_CALL);
  } catch (error) {
    if (!(error instanceof RpcError) || error.code === ALREADY_LOADED) return;
    // Litecoin Core 0.21 says -18 for a wallet that is not there, and -4 where its folder is empty.
    if (error.code !== WALLET_NOT_FOUND && !/not found|does not exist/i.test(error.message)) throw error;
    await rpcCall(endpoint, 'createwallet', [name], SLOW_CALL);
  }
}

function walletAt(stack: Stack, endpoint: RpcEndpoint): Wallet {
  const call = <T>(method: string, params: unknown[] = [], options = {}) =>
    rpcCall(endpoint, method, params, options) as Promise<T>;
  const labelled = async (label: string, type?: AddressType) => {
    try {
      const known = Object.keys(await call<Record<string, unknown>>('getaddressesbylabel', [label])).sort();
      if (known[0] !== undefined) return known[0];
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== LABEL_UNKNOWN) throw error;
    }
    return await call<string>('getnewaddress', type === undefined ? [label] : [label, type]);
  };
  const address = (type?: AddressType) => labelled(type === undefined ? LABEL : `${LABEL}-${type}`, type);
  const generateTo = async (payee: string, blocks: number) => {
    if (stack.environment.network !== 'regtest')
      throw new RangeError('blocks are only made on a practice chain');
    await call('generatetoaddress', [blocks, payee], SLOW_CALL);
  };
  return {
    address,
    balance: () => call<number>('getbalance'),
    async generate(blocks) {
      await generateTo(await address(), blocks);
      return await call<number>('getblockcount');
    },
    async generateOnce(nonce) {
      const label = `${LABEL}-attempt-${nonce}`;
      const payee = await labelled(label);
      // A block that is no longer part of the chain has no confirmations.
      const paid = await call<{ confirmations: number }[]>('listtransactions', [label]);
      if (!paid.some(({ confirmations }) => confirmations > 0)) await generateTo(payee, 1);
      return await call<number>('getblockcount');
    },
    async ownsTip() {
      const block = await call<string>('getbestblockhash');
      const { height, tx } = await call<{ height: number; tx: string[] }>('getblock', [block]);
      const owned = await call('gettransaction', [tx[0]]).then(
        () => true,
        () => false,
      );
      return { owned, height, block };
    },
    checkpoint: async () => ({ height: (await checkpoint(stack)) ?? (await call<number>('getblockcount')) }),
  };
}
