import { daemonMember } from '../../../worker/components/stack.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { liveness } from '../../../worker/host/process.ts';
import { killed, memberOf, processOf, signalled } from '../../components.ts';
import type { Fault } from '../../fault.ts';

const DOWN = ['pool:process_down'];

/** A pool that ends or hangs, and one whose daemon does. */
export const poolSignals: readonly Fault[] = [
  {
    name: 'pool-killed',
    layer: 'pool',
    title: 'the pool gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: DOWN },
    floor: 'pool',
    inject: async ({ stack }) => ({ atMs: await killed(memberOf(stack, 'pool')) }),
  },
  {
    name: 'pool-terminated',
    layer: 'pool',
    title: 'somebody else ends the pool with SIGTERM: it exits with 0',
    expects: { outcome: 'healed', diagnoses: DOWN },
    inject: async ({ stack }) => ({ atMs: await killed(memberOf(stack, 'pool'), 'SIGTERM') }),
  },
  {
    name: 'pool-frozen',
    layer: 'pool',
    title: 'the pool gets SIGSTOP: its port still takes connections',
    expects: { outcome: 'healed', diagnoses: ['pool:stratum_deaf'] },
    async inject({ stack }) {
      const identity = await processOf(memberOf(stack, 'pool'));
      const atMs = await signalled(identity, 'SIGSTOP');
      await waitUntil(async () => (await liveness(identity)) === 'stopped', {
        timeoutMs: 1_000,
        intervalMs: 1,
        what: 'the pool stops',
      });
      return { atMs };
    },
  },
  {
    name: 'pool-loses-daemon',
    layer: 'pool',
    title: 'the daemon gets SIGKILL under the pool, which goes on with old work',
    expects: { outcome: 'healed', diagnoses: ['daemon:process_down'] },
    proves: ['daemon', 'pool'],
    keeps: [],
    inject: async ({ stack }) => ({ atMs: await killed(daemonMember(stack)) }),
  },
];
