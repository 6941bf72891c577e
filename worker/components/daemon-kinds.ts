import type { DaemonSpec } from '../../core/environment.ts';
import type { RpcEndpoint } from '../host/rpc.ts';
import { adopting } from './adoption.ts';
import { bitcoind } from './bitcoind.ts';
import { type DaemonKind, kindOf } from './kind.ts';
import { daemonMember, type Member, type Stack } from './stack.ts';

const DAEMONS: Readonly<Record<string, DaemonKind>> = { bitcoind: adopting(bitcoind) };

/** The code for a daemon's kind. */
export function daemonKind({ spec }: Member<DaemonSpec>): DaemonKind {
  return kindOf(DAEMONS, spec.kind, 'daemon');
}

/** Where and as whom the RPC of a stack's daemon is called. */
export async function daemonEndpoint(stack: Stack): Promise<RpcEndpoint> {
  const daemon = daemonMember(stack);
  return await daemonKind(daemon).endpoint(daemon);
}

/** The proof-of-work function of a stack's chain. */
export async function daemonAlgorithm(stack: Stack): Promise<'sha256d' | 'scrypt'> {
  const daemon = daemonMember(stack);
  return await daemonKind(daemon).algorithm(daemon);
}
