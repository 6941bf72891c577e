import { minerKind } from '../../../worker/components/index.ts';
import { minerMembers } from '../../../worker/components/stack.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { killed, memberOf, writtenBytes } from '../../components.ts';
import type { Fault } from '../../fault.ts';
import { unwatched } from '../../unwatched.ts';
import { liarOf, needsLiars } from '../liars.ts';
import { minerNamed } from './names.ts';

/** A miner whose work comes to nothing. */
export const minerLiars: readonly Fault[] = [
  {
    name: 'miner-shares-rejected',
    layer: 'miner',
    title: 'it is started again, and all shares of that one session are rejected (a liar before the pool)',
    expects: { outcome: 'healed', diagnoses: minerNamed('high_rejects') },
    applies: needsLiars,
    async inject(scene) {
      const [miner] = minerMembers(scene.stack);
      if (!miner) throw new RangeError('there is no miner');
      const atMs = await unwatched(scene, async () => {
        await killed(memberOf(scene.stack, 'miner'));
        await liarOf(scene).tell('pool', 'reject_next_session');
        const before = await writtenBytes(miner);
        await minerKind(miner).start(miner, { reindex: false });
        await waitUntil(async () => (await writtenBytes(miner)) > before, {
          timeoutMs: 10_000,
          intervalMs: 20,
          what: 'the miner talks to the pool',
        });
      });
      return { atMs, undo: () => liarOf(scene).tell('pool', null) };
    },
  },
];
