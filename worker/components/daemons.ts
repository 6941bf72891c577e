import type { DaemonSpec } from '../../core/environment.ts';
import { messageOf } from '../../core/errors.ts';
import { waitUntil } from '../host/deadline.ts';
import { rpcCall } from '../host/rpc.ts';
import { daemonKind } from './index.ts';
import { daemonMember, type Member, peerMembers, type Stack } from './stack.ts';
import { findProcess, knownLiveness } from './supervised.ts';

/** Starts the daemon and the nodes that keep it company, and brings them together as soon as they answer. */
export async function bootDaemons(stack: Stack): Promise<Record<string, string>> {
  const members = [...peerMembers(stack), daemonMember(stack)];
  const started: Record<string, string> = {};
  await Promise.all(
    members.map(async (member) => {
      started[member.ref.name] = await daemonKind(member).start(member, { reindex: false });
    }),
  );
  started.peers = await connectPeers(stack);
  return started;
}

const ANSWER_TIMEOUT_MS = 15_000;

/** Connects the daemon to its peers once it answers. What hinders it is told, not thrown: diagnosis will see it. */
export async function connectPeers(stack: Stack): Promise<string> {
  const daemon = daemonMember(stack);
  const kind = daemonKind(daemon);
  if (peerMembers(stack).length === 0) return 'it has no peers to connect to';
  try {
    for (const member of [daemon, ...peerMembers(stack)])
      if (!(await answers(member))) return `${member.ref.name} ended before it answered: it has no peers`;
    return await kind.connectPeers(daemon);
  } catch (error) {
    return messageOf(error);
  }
}

/** Waits until its RPC answers; `false` as soon as its process is gone. @throws DeadlineError */
async function answers(member: Member<DaemonSpec>): Promise<boolean> {
  const endpoint = await daemonKind(member).endpoint(member);
  const settled = async (): Promise<'answers' | 'gone'> => {
    try {
      await rpcCall(endpoint, 'getblockcount');
      return 'answers';
    } catch (error) {
      // The first process of one that goes into the background is lost, and the second found.
      if (knownLiveness(member) === 'lost' && (await findProcess(member)) === null) return 'gone';
      throw error;
    }
  };
  const wait = {
    timeoutMs: ANSWER_TIMEOUT_MS,
    intervalMs: 25,
    what: `RPC on port ${endpoint.port} answers`,
  };
  return (await waitUntil(settled, wait)) === 'answers';
}
