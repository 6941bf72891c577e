import type { DaemonSpec } from '../../core/environment.ts';
import { messageOf } from '../../core/errors.ts';
import { noteHeight } from '../components/heights.ts';
import { daemonKind } from '../components/index.ts';
import type { Member } from '../components/stack.ts';
import { RpcError, rpcCall } from '../host/rpc.ts';
import { Heart } from './heart.ts';
import { BEAT_MS, BEAT_TIMEOUT_MS, type Beat, beating, MISSES_MAX, type Pulse } from './pulse.ts';

/** The pulse of a daemon, and the tip that it last told. */
export interface DaemonPulse extends Pulse {
  tip(): string | null;
}

/** Whether a daemon answers over RPC: asked four times a second, which costs it a third of a millisecond each. */
export function daemonPulse(member: Member<DaemonSpec>, onChange: () => void): DaemonPulse {
  const heart = new Heart(onChange);
  let tip: string | null = null;
  const beat = async (): Promise<Beat> => {
    try {
      const endpoint = await daemonKind(member).endpoint(member);
      const info = await rpcCall(endpoint, 'getblockchaininfo', [], { timeoutMs: BEAT_TIMEOUT_MS });
      const { bestblockhash, blocks } = info as { bestblockhash: string; blocks: number };
      tip = bestblockhash;
      if (!member.ref.peer) noteHeight(member, blocks);
      heart.good();
      return 'felt';
    } catch (error) {
      return judge(heart, error);
    }
  };
  return { trouble: () => heart.trouble, tip: () => tip, close: beating(BEAT_MS, beat) };
}

function judge(heart: Heart, error: unknown): Beat {
  const kind = error instanceof RpcError ? error.kind : 'error';
  // A daemon that comes up says so: nothing to do but wait.
  if (kind === 'warming_up') return 'felt';
  if (kind === 'timeout' || kind === 'work_queue_full')
    return heart.missed(messageOf(error), MISSES_MAX) ? 'missed' : 'felt';
  heart.bad(messageOf(error));
  return 'felt';
}
