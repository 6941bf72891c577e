import { poolMember } from '../../../worker/components/stack.ts';
import { nowMs } from '../../clock.ts';
import { killed } from '../../components.ts';
import type { Fault, Scene } from '../../fault.ts';
import type { Lie } from '../../liar/lies.ts';
import { liarOf, needsLiars } from '../liars.ts';

/** A pool of the generic kind, before which a liar stands. It forgets its lie when it is restarted. */
export const poolLiars: readonly Fault[] = [
  {
    name: 'generic-pool-killed',
    layer: 'pool',
    title: 'a pool of the generic kind gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: ['pool:process_down'] },
    applies: ({ stack }) => (stack.environment.pool.kind === 'process' ? null : 'its pool is not generic'),
    inject: async ({ stack }) => ({ atMs: await killed(poolMember(stack)) }),
  },
  lie('pool-deaf', 'mute', 'it listens, takes connections and answers nobody', ['pool:stratum_deaf']),
  lie('pool-hangs-up', 'hang_up', 'it closes every connection at once', ['pool:stratum_deaf']),
  lie('pool-garbage', 'garbage', 'it answers with something that is not Stratum', ['pool:stratum_deaf']),
  lie('pool-no-job', 'no_job', 'it takes logins and hands out no work', ['pool:daemon_lost']),
  lie('pool-stale-work', 'old_job', 'it hands out the same old job again and again', ['pool:stale_work']),
  {
    ...lie('pool-refuses-logins', 'refuse_logins', 'it takes no login any more', ['pool:bad_config']),
    expects: { outcome: 'escalated', reason: 'critical_error', diagnoses: ['pool:bad_config'] },
  },
];

function lie(name: string, what: Lie, title: string, diagnoses: string[]): Fault {
  return {
    name,
    layer: 'pool',
    title: `${title} (a liar)`,
    expects: { outcome: 'healed', diagnoses },
    applies: needsLiars,
    inject: (scene) => lied(scene, what),
  };
}

async function lied(scene: Scene, what: Lie) {
  const atMs = nowMs();
  await liarOf(scene).tell('pool', what);
  return { atMs, undo: () => liarOf(scene).tell('pool', null) };
}
