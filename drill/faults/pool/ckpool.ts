import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { poolKind } from '../../../worker/components/index.ts';
import { poolMember } from '../../../worker/components/stack.ts';
import { nowMs } from '../../clock.ts';
import { killed, processOf, signalled } from '../../components.ts';
import type { Fault, FaultTarget } from '../../fault.ts';
import { unwatched } from '../../unwatched.ts';

/** As long as ckpool must be stopped for its loop to fail when it goes on. */
const STOPPED_MS = 1_000;

/** What only ckpool does. */
export const ckpoolFaults: readonly Fault[] = [
  {
    name: 'ckpool-stale-pid-file',
    layer: 'pool',
    title: 'it gets SIGKILL, and the pid in its main.pid belongs to somebody else by now (the drill itself)',
    expects: { outcome: 'healed', diagnoses: ['pool:process_down', 'pool:stale_lock'] },
    applies: isCkpool,
    async inject(context) {
      const pool = poolMember(context.stack);
      const [lock] = poolKind(pool).lockFiles?.(pool) ?? [];
      if (!lock) throw new Error('this pool has no pid file');
      const atMs = await unwatched(context, async () => {
        await killed(pool);
        await mkdir(dirname(lock.path), { recursive: true });
        await writeFile(lock.path, `${process.pid}\n`);
      });
      return { atMs };
    },
  },
  {
    name: 'ckpool-deaf-after-cont',
    layer: 'pool',
    title: 'it gets SIGSTOP and SIGCONT: it lives on and hears nobody',
    expects: { outcome: 'healed', diagnoses: ['pool:stratum_deaf', 'pool:process_down'] },
    applies: isCkpool,
    async inject(context) {
      const identity = await processOf(poolMember(context.stack));
      let atMs = nowMs();
      await unwatched(context, async () => {
        atMs = await signalled(identity, 'SIGSTOP');
        await pause(STOPPED_MS);
        await signalled(identity, 'SIGCONT');
        await pause(STOPPED_MS);
        atMs = nowMs();
      });
      return { atMs };
    },
  },
];

function isCkpool({ stack }: FaultTarget): string | null {
  return stack.environment.pool.kind === 'ckpool' ? null : 'its pool is not ckpool';
}
