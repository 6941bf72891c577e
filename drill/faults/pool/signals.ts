import { killed, memberOf } from '../../components.ts';
import type { Fault } from '../../fault.ts';

const nothing = async () => {};

/** A pool that ends, one way or the other. */
export const poolSignals: readonly Fault[] = [
  {
    name: 'pool-killed',
    layer: 'pool',
    title: 'the pool gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: ['pool:process_down'] },
    floor: 'pool',
    inject: async ({ stack }) => ({ atMs: await killed(memberOf(stack, 'pool')), undo: nothing }),
  },
];
