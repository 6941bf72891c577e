import { killed, memberOf } from '../../components.ts';
import type { Fault } from '../../fault.ts';

const nothing = async () => {};

/** A miner that ends, one way or the other. */
export const minerSignals: readonly Fault[] = [
  {
    name: 'miner-killed',
    layer: 'miner',
    title: 'the first miner gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: ['miner-1:process_down'] },
    floor: 'miner',
    inject: async ({ stack }) => ({ atMs: await killed(memberOf(stack, 'miner')), undo: nothing }),
  },
];
