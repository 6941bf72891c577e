import { poolMember } from '../../../worker/components/stack.ts';
import { nowMs } from '../../clock.ts';
import { killed } from '../../components.ts';
import type { Fault, FaultContext } from '../../fault.ts';
import type { ProxyFault } from '../../proxy/proxy-faults.ts';
import { needsProxies, proxiesOf } from '../proxies.ts';

/** A pool of the generic kind, behind a fault proxy, which drops its fault when it is restarted. */
export const poolProxyFaults: readonly Fault[] = [
  {
    name: 'generic-pool-killed',
    layer: 'pool',
    title: 'a pool of the generic kind gets SIGKILL',
    expects: { outcome: 'healed', diagnoses: ['pool:process_down'] },
    applies: ({ stack }) => (stack.environment.pool.kind === 'process' ? null : 'its pool is not generic'),
    inject: async ({ stack }) => ({ atMs: await killed(poolMember(stack)) }),
  },
  proxied('pool-deaf', 'mute', 'it listens, takes connections and answers nobody', ['pool:stratum_deaf']),
  proxied('pool-hangs-up', 'hang_up', 'it closes every connection at once', ['pool:stratum_deaf']),
  proxied('pool-garbage', 'garbage', 'it answers with something that is not Stratum', ['pool:stratum_deaf']),
  proxied('pool-no-job', 'no_job', 'it takes logins and hands out no work', ['pool:daemon_lost']),
  proxied('pool-stale-work', 'old_job', 'it hands out the same old job again and again', ['pool:stale_work']),
  {
    ...proxied('pool-refuses-logins', 'refuse_logins', 'it takes no login any more', ['pool:bad_config']),
    expects: { outcome: 'escalated', reason: 'critical_error', diagnoses: ['pool:bad_config'] },
  },
];

function proxied(name: string, fault: ProxyFault, title: string, diagnoses: string[]): Fault {
  return {
    name,
    layer: 'pool',
    title: `${title} (fault proxy)`,
    expects: { outcome: 'healed', diagnoses },
    applies: needsProxies,
    inject: (context) => setFault(context, fault),
  };
}

async function setFault(context: FaultContext, fault: ProxyFault) {
  const atMs = nowMs();
  await proxiesOf(context).set('pool', fault);
  return { atMs, undo: () => proxiesOf(context).set('pool', null) };
}
