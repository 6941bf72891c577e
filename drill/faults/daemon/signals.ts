import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { chainDirectory } from '../../../worker/components/chain-data.ts';
import { daemonMember } from '../../../worker/components/stack.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { liveness } from '../../../worker/host/process.ts';
import { nowMs } from '../../clock.ts';
import { askDaemon, killed, memberOf, processOf, signalled, untilGone } from '../../components.ts';
import type { Fault } from '../../fault.ts';
import { NOBODYS_ADDRESS } from '../../pool-config.ts';

const DOWN = ['daemon:process_down'];

/** A daemon that ends, one way or the other. */
export const daemonSignals: readonly Fault[] = [
  {
    name: 'daemon-killed',
    layer: 'daemon',
    title: 'the daemon gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: DOWN },
    floor: 'daemon',
    inject: async ({ stack }) => ({ atMs: await killed(memberOf(stack, 'daemon')) }),
  },
  ...(['SIGSEGV', 'SIGABRT'] as const).map(
    (signal): Fault => ({
      name: `daemon-${signal.toLowerCase()}`,
      layer: 'daemon',
      title: `the daemon crashes with ${signal}`,
      expects: { outcome: 'healed', diagnoses: DOWN },
      inject: async ({ stack }) => ({ atMs: await killed(memberOf(stack, 'daemon'), signal) }),
    }),
  ),
  {
    name: 'daemon-terminated',
    layer: 'daemon',
    title: 'somebody else ends the daemon with SIGTERM',
    expects: { outcome: 'healed', diagnoses: [...DOWN, 'daemon:rpc_refused'] },
    inject: async ({ stack }) => ({ atMs: await killed(memberOf(stack, 'daemon'), 'SIGTERM') }),
  },
  {
    name: 'daemon-stopped-over-rpc',
    layer: 'daemon',
    title: 'somebody else stops the daemon over RPC',
    expects: { outcome: 'healed', diagnoses: [...DOWN, 'daemon:rpc_refused'] },
    async inject({ stack }) {
      const identity = await processOf(memberOf(stack, 'daemon'));
      const atMs = nowMs();
      await askDaemon(stack, 'stop');
      await untilGone(identity);
      return { atMs };
    },
  },
  {
    name: 'daemon-frozen',
    layer: 'daemon',
    title: 'the daemon gets SIGSTOP',
    expects: { outcome: 'healed', diagnoses: ['daemon:rpc_timeout'] },
    async inject({ stack }) {
      const identity = await processOf(memberOf(stack, 'daemon'));
      const atMs = await signalled(identity, 'SIGSTOP');
      await waitUntil(async () => (await liveness(identity)) === 'stopped', {
        timeoutMs: 1_000,
        intervalMs: 1,
        what: 'the daemon stops',
      });
      return { atMs };
    },
  },
  {
    name: 'daemon-lock-deleted',
    layer: 'daemon',
    title: 'its .lock file is deleted while it lives, then it gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: DOWN },
    async inject({ stack }) {
      await rm(join(chainDirectory(daemonMember(stack)), '.lock'));
      return { atMs: await killed(memberOf(stack, 'daemon')) };
    },
  },
  {
    name: 'daemon-unflushed-blocks',
    layer: 'daemon',
    title: 'twenty blocks are mined and the daemon gets SIGKILL at once: they are not on the disk yet',
    expects: { outcome: 'healed', diagnoses: [...DOWN, 'daemon:chain_rolled_back'] },
    async inject({ stack }) {
      await askDaemon(stack, 'generatetoaddress', [20, NOBODYS_ADDRESS], 30_000);
      const height = Number(await askDaemon(stack, 'getblockcount'));
      return { atMs: await killed(memberOf(stack, 'daemon')), height };
    },
  },
];
