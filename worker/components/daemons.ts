import { messageOf } from '../../core/errors.ts';
import { waitUntil } from '../host/deadline.ts';
import { rpcCall } from '../host/rpc.ts';
import { daemonKind } from './index.ts';
import { daemonMember, peerMembers, type Stack } from './stack.ts';

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
    const endpoints = await Promise.all(
      [daemon, ...peerMembers(stack)].map((member) => kind.endpoint(member)),
    );
    for (const endpoint of endpoints)
      await waitUntil(async () => (await rpcCall(endpoint, 'getblockcount')) !== undefined, {
        timeoutMs: ANSWER_TIMEOUT_MS,
        intervalMs: 25,
        what: `RPC on port ${endpoint.port} answers`,
      });
    return await kind.connectPeers(daemon);
  } catch (error) {
    return messageOf(error);
  }
}
