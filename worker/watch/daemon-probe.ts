import type { DaemonSpec } from '../../core/environment.ts';
import { messageOf } from '../../core/errors.ts';
import { chainOf, noteHeight } from '../components/heights.ts';
import { daemonKind } from '../components/index.ts';
import type { Member } from '../components/stack.ts';
import { RpcError, rpcCall } from '../host/rpc.ts';
import { Heartbeat } from './heartbeat.ts';
import {
  MISSES_MAX,
  PROBE_INTERVAL_MS,
  PROBE_TIMEOUT_MS,
  type Probe,
  type ProbeResult,
  repeatProbe,
} from './probe.ts';

/** The probe of a daemon, and the tip that it last told. */
export interface DaemonProbe extends Probe {
  tip(): string | null;
}

/** Whether a daemon answers over RPC: asked four times a second, which costs it a third of a millisecond each. */
export function daemonProbe(member: Member<DaemonSpec>, onChange: () => void): DaemonProbe {
  const heartbeat = new Heartbeat(onChange);
  let tip: string | null = null;
  const probe = async (): Promise<ProbeResult> => {
    const chain = chainOf(member);
    try {
      const endpoint = await daemonKind(member).endpoint(member);
      const info = await rpcCall(endpoint, 'getblockchaininfo', [], { timeoutMs: PROBE_TIMEOUT_MS });
      const { bestblockhash, blocks } = info as { bestblockhash: string; blocks: number };
      tip = bestblockhash;
      if (!member.ref.peer) noteHeight(member, blocks, chain);
      heartbeat.succeeded();
      return 'settled';
    } catch (error) {
      return judge(heartbeat, error);
    }
  };
  return { trouble: () => heartbeat.trouble, tip: () => tip, close: repeatProbe(PROBE_INTERVAL_MS, probe) };
}

function judge(heartbeat: Heartbeat, error: unknown): ProbeResult {
  const kind = error instanceof RpcError ? error.kind : 'error';
  // A daemon that comes up says so: nothing to do but wait.
  if (kind === 'warming_up') return 'settled';
  if (kind === 'timeout' || kind === 'work_queue_full')
    return heartbeat.missed(messageOf(error), MISSES_MAX) ? 'missed' : 'settled';
  heartbeat.failed(messageOf(error));
  return 'settled';
}
