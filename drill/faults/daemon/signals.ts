import { killed, memberOf } from '../../components.ts';
import type { Fault } from '../../fault.ts';

const nothing = async () => {};

/** A daemon that ends, one way or the other. */
export const daemonSignals: readonly Fault[] = [
  {
    name: 'daemon-killed',
    layer: 'daemon',
    title: 'the daemon gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: ['daemon:process_down'] },
    floor: 'daemon',
    inject: async ({ stack }) => ({ atMs: await killed(memberOf(stack, 'daemon')), undo: nothing }),
  },
];
