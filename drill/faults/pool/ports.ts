import { poolKind } from '../../../worker/components/index.ts';
import { poolMember } from '../../../worker/components/stack.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { killed, processOf } from '../../components.ts';
import type { Fault, FaultContext, FaultTarget, Injected } from '../../fault.ts';
import { takePort } from '../../squatter.ts';
import { unwatched } from '../../unwatched.ts';

const CONFLICT = ['pool:stratum_port_conflict'];

/** A pool that cannot have its port. It moves, and its miners follow. */
export const poolPorts: readonly Fault[] = [
  {
    name: 'pool-port-taken',
    layer: 'pool',
    title: 'it gets SIGKILL, and a socket of another program takes its Stratum port',
    expects: { outcome: 'healed', diagnoses: CONFLICT },
    proves: ['pool', 'miner'],
    applies: canMove,
    inject: (context) => portTaken(context, false),
  },
  {
    name: 'pool-claims-to-listen',
    layer: 'pool',
    title: 'its port is taken when it starts: it lives on, and says that it listens there',
    expects: { outcome: 'healed', diagnoses: CONFLICT },
    proves: ['pool', 'miner'],
    applies: (target) =>
      target.stack.environment.pool.kind === 'lab-pool' ? canMove(target) : 'only some pools claim that',
    inject: (context) => portTaken(context, true),
  },
];

function canMove({ stack }: FaultTarget): string | null {
  const { kind, fallbackPorts } = stack.environment.pool;
  if (kind === 'process') return 'a pool of this kind is not moved';
  return fallbackPorts.length > 0 ? null : 'davy.json gives the pool no other ports';
}

async function portTaken(context: FaultContext, started: boolean): Promise<Injected> {
  const pool = poolMember(context.stack);
  const kind = poolKind(pool);
  const port = await kind.port(pool);
  let release = async () => {};
  const atMs = await unwatched(context, async () => {
    await killed(pool);
    release = await takePort(port);
    if (!started) return;
    await kind.start(pool, { reindex: false });
    await waitUntil(() => processOf(pool), { timeoutMs: 5_000, intervalMs: 10, what: 'the pool runs' });
  });
  return { atMs, undo: () => release() };
}
