import { minerKind } from '../../../worker/components/index.ts';
import { minerMembers } from '../../../worker/components/stack.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { killed, memberOf, writtenBytes } from '../../components.ts';
import type { Fault } from '../../fault.ts';
import { unwatched } from '../../unwatched.ts';
import { needsProxies, proxiesOf } from '../proxies.ts';
import { minerNamed } from './names.ts';

/** A miner whose work comes to nothing. */
export const minerProxyFaults: readonly Fault[] = [
  {
    name: 'miner-shares-rejected',
    layer: 'miner',
    title:
      'it is started again, and all shares of that one session are rejected (fault proxy before the pool)',
    expects: { outcome: 'healed', diagnoses: minerNamed('high_rejects') },
    applies: needsProxies,
    async inject(context) {
      const [miner] = minerMembers(context.stack);
      if (!miner) throw new RangeError('there is no miner');
      const atMs = await unwatched(context, async () => {
        await killed(memberOf(context.stack, 'miner'));
        await proxiesOf(context).set('pool', 'reject_next_session');
        const before = await writtenBytes(miner);
        await minerKind(miner).start(miner, { reindex: false });
        await waitUntil(async () => (await writtenBytes(miner)) > before, {
          timeoutMs: 10_000,
          intervalMs: 20,
          what: 'the miner talks to the pool',
        });
      });
      return { atMs, undo: () => proxiesOf(context).set('pool', null) };
    },
  },
];
