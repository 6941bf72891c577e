import { randomBytes } from 'node:crypto';
import { daemonKind } from '../../../worker/components/index.ts';
import { daemonMember } from '../../../worker/components/stack.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { RpcError } from '../../../worker/host/rpc.ts';
import { nowMs } from '../../clock.ts';
import { askDaemon, isAlive, killed, memberOf, processOf, signalled } from '../../components.ts';
import type { Fault, FaultContext, FaultTarget, Injected } from '../../fault.ts';
import { configFileOf, rewritten } from '../../files.ts';
import { occupy } from '../../occupy.ts';

/** The defaults of Bitcoin Core's httpserver.h. */
const RPC_THREADS = 4;
const WORK_QUEUE = 16;
const LOOK_MS = 300;

/** A daemon whose process lives, in state S, and whose RPC is of no use. */
export const daemonRpc: readonly Fault[] = [
  {
    name: 'daemon-silent',
    layer: 'daemon',
    title: 'calls that never end take all RPC threads: it accepts and answers nobody, in state S',
    expects: { outcome: 'healed', diagnoses: ['daemon:rpc_timeout'] },
    inject: (context) => occupied(context, RPC_THREADS, 'timeout'),
  },
  {
    name: 'daemon-queue-full',
    layer: 'daemon',
    title: 'calls that never end take all RPC threads and the whole work queue',
    expects: { outcome: 'healed', diagnoses: ['daemon:rpc_timeout'] },
    inject: (context) => occupied(context, RPC_THREADS + WORK_QUEUE, 'work_queue_full'),
  },
  {
    name: 'daemon-password-changed',
    layer: 'daemon',
    title: 'rpcpassword is changed in its configuration while it runs',
    expects: { outcome: 'healed', diagnoses: ['daemon:rpc_unauthorized'] },
    applies: hasPassword,
    async inject({ stack }) {
      const file = await configFileOf(stack, 'daemon');
      const password = randomBytes(12).toString('hex');
      await rewritten(file, (text) => text.replace(/^rpcpassword=.*$/m, `rpcpassword=${password}`));
      const atMs = nowMs();
      // Both sides may go on with the new one; a pool that was left behind with the old one starts anew.
      return {
        atMs,
        async undo() {
          await killed(memberOf(stack, 'pool')).catch(() => {});
        },
      };
    },
  },
  {
    name: 'daemon-peer-disconnected',
    layer: 'daemon',
    title: 'its only peer is disconnected over RPC: no block template without one',
    expects: { outcome: 'healed', diagnoses: ['daemon:no_peers'] },
    keeps: ['daemon'],
    applies: needsPeers,
    async inject({ stack }) {
      const atMs = nowMs();
      for (const { addr } of (await askDaemon(stack, 'getpeerinfo')) as { addr: string }[])
        await askDaemon(stack, 'disconnectnode', [addr]);
      await waitUntil(async () => Number(await askDaemon(stack, 'getconnectioncount')) === 0, {
        timeoutMs: 5_000,
        intervalMs: 2,
        what: 'the daemon is alone',
      });
      return { atMs };
    },
  },
];

function hasPassword({ stack }: FaultTarget): string | null {
  return stack.environment.daemon.credentials === undefined || stack.environment.daemon.kind !== 'bitcoind'
    ? null
    : 'its credentials stand in davy.json';
}

export function needsPeers({ stack }: FaultTarget): string | null {
  return stack.environment.peers.length > 0 ? null : 'this daemon needs no peer';
}

async function occupied(
  { stack }: FaultContext,
  calls: number,
  symptom: 'timeout' | 'work_queue_full',
): Promise<Injected> {
  const daemon = daemonMember(stack);
  const identity = await processOf(memberOf(stack, 'daemon'));
  const endpoint = await daemonKind(daemon).endpoint(daemon);
  const atMs = nowMs();
  const hangUp = await occupy(endpoint, calls);
  await waitUntil(
    async () => {
      const error = await askDaemon(stack, 'getblockcount', [], LOOK_MS).catch((reason: unknown) => reason);
      return error instanceof RpcError && [symptom, 'work_queue_full'].includes(error.kind);
    },
    { timeoutMs: 5_000, intervalMs: 5, what: 'the daemon is fully occupied' },
  );
  return {
    atMs,
    async undo() {
      hangUp();
      // Its threads wait on, whether anybody still listens or not.
      if (await isAlive(identity)) await signalled(identity, 'SIGKILL');
    },
  };
}
