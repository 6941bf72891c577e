import type { Environment } from '../../core/environment.ts';
import { type RpcEndpoint, rpcCall } from '../host/rpc.ts';
import { daemonKind } from './index.ts';
import { daemonMember, type Stack } from './stack.ts';

/** Counting the coins of a practice chain of this height takes well under a second; a longer one is left alone. */
const HEIGHT_MAX = 20_000;
const ASK_TIMEOUT_MS = 1_000;
const FLUSH_TIMEOUT_MS = 5_000;
const PAUSE_MS = 60_000;

/**
 * Lets the daemon write its chain to the disk, so that a crash loses no block before it: a daemon that is killed
 * forgets what it has not flushed, and flushes once an hour. On practice chains only, and only short ones, for
 * the daemon does nothing else meanwhile.
 * @returns the height that is safe now; `null` where nothing was done. Never throws.
 */
export async function checkpoint(stack: Stack): Promise<number | null> {
  const daemon = daemonMember(stack);
  try {
    return await flush(await daemonKind(daemon).endpoint(daemon), stack.environment.network);
  } catch {
    // It is a precaution: what keeps the daemon from it is for diagnosis to see.
    return null;
  }
}

/** @throws {RpcError} */
async function flush(endpoint: RpcEndpoint, network: Environment['network']): Promise<number | null> {
  if (network !== 'regtest') return null;
  const info = await rpcCall(endpoint, 'getblockchaininfo', [], { timeoutMs: ASK_TIMEOUT_MS });
  const { blocks, chain } = info as { blocks: number; chain: string };
  if (chain !== 'regtest' || blocks > HEIGHT_MAX) return null;
  // Any counting of coins begins with a flush; without their hash it is the quickest.
  const counted = await rpcCall(endpoint, 'gettxoutsetinfo', ['none'], { timeoutMs: FLUSH_TIMEOUT_MS });
  return (counted as { height: number }).height;
}

/** Makes checkpoints while a stack is looked after: when its chain has grown, and at most once a minute. */
export interface Checkpoints {
  /** @param height of the chain now @returns the height that is safe, `null` where it was not time */
  offer(stack: Stack, height: number): Promise<number | null>;
}

export function openCheckpoints(pauseMs = PAUSE_MS): Checkpoints {
  const last = new Map<string, { height: number; at: number }>();
  return {
    async offer(stack, height) {
      const { environmentId } = stack;
      const previous = last.get(environmentId);
      const now = performance.now();
      // A chain that is lower than before was reset: it is another one.
      if (previous && (height === previous.height || now - previous.at < pauseMs)) return null;
      last.set(environmentId, { height, at: now });
      const safe = await checkpoint(stack);
      if (safe !== null) last.set(environmentId, { height: safe, at: now });
      return safe;
    },
  };
}
