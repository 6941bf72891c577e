import { killed, memberOf, processOf, signalled } from '../../components.ts';
import type { Fault } from '../../fault.ts';
import { minerNamed } from './names.ts';

/** A miner that ends or hangs. */
export const minerSignals: readonly Fault[] = [
  {
    name: 'miner-killed',
    layer: 'miner',
    title: 'the first miner gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: minerNamed('process_down') },
    floor: 'miner',
    inject: async ({ stack }) => ({ atMs: await killed(memberOf(stack, 'miner')) }),
  },
  {
    name: 'miner-terminated',
    layer: 'miner',
    title: 'somebody else ends the first miner with SIGTERM',
    expects: { outcome: 'healed', diagnoses: minerNamed('process_down') },
    inject: async ({ stack }) => ({ atMs: await killed(memberOf(stack, 'miner'), 'SIGTERM') }),
  },
  {
    name: 'miner-frozen',
    layer: 'miner',
    title: 'the first miner gets SIGSTOP',
    expects: { outcome: 'healed', diagnoses: minerNamed('no_shares') },
    async inject({ stack }) {
      return { atMs: await signalled(await processOf(memberOf(stack, 'miner')), 'SIGSTOP') };
    },
  },
];
