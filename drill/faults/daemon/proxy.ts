import { setTimeout as pause } from 'node:timers/promises';
import { daemonMember } from '../../../worker/components/stack.ts';
import { nowMs } from '../../clock.ts';
import { killed } from '../../components.ts';
import type { Fault, FaultContext } from '../../fault.ts';
import type { ProxyFault } from '../../proxy/proxy-faults.ts';
import { unwatched } from '../../unwatched.ts';
import { needsProxies, proxiesOf } from '../proxies.ts';

/** Longer than the watch's slowest look: it must be seen warming up. */
const WARM_UP_MS = 25_000;

/** A daemon whose RPC goes through a fault proxy. */
export const daemonProxyFaults: readonly Fault[] = [
  {
    name: 'daemon-mute',
    layer: 'daemon',
    title: 'its RPC takes connections and never answers (fault proxy, until a restart)',
    expects: { outcome: 'healed', diagnoses: ['daemon:rpc_timeout'] },
    applies: needsProxies,
    inject: (context) => setFault(context, 'mute'),
  },
  {
    name: 'daemon-hangs-up',
    layer: 'daemon',
    title: 'its RPC resets every connection (fault proxy, until a restart)',
    expects: { outcome: 'healed', diagnoses: ['daemon:rpc_refused'] },
    applies: needsProxies,
    inject: (context) => setFault(context, 'hang_up'),
  },
  {
    name: 'daemon-garbage',
    layer: 'daemon',
    title: 'its RPC answers with a web page (fault proxy, until a restart)',
    expects: { outcome: 'healed', diagnoses: ['daemon:unknown'] },
    applies: needsProxies,
    inject: (context) => setFault(context, 'garbage'),
  },
  {
    name: 'daemon-warming-up',
    layer: 'daemon',
    title: 'its RPC says -28 for 25 s (fault proxy): to be waited for, not restarted',
    expects: { outcome: 'healed', diagnoses: ['daemon:warming_up'] },
    keeps: ['daemon'],
    applies: needsProxies,
    async inject(context) {
      const injected = await setFault(context, 'warming_up');
      void pause(WARM_UP_MS).then(() => proxiesOf(context).set('daemon', null));
      return injected;
    },
  },
  {
    name: 'daemon-incompatible',
    layer: 'daemon',
    title: 'getblocktemplate answers -8 about rules (fault proxy): no restart mends that',
    expects: { outcome: 'escalated', reason: 'critical_error', diagnoses: ['daemon:incompatible'] },
    keeps: ['daemon'],
    applies: needsProxies,
    inject: (context) => setFault(context, 'incompatible', true),
  },
  {
    name: 'daemon-starved',
    layer: 'environment',
    title: 'it gets SIGKILL and may open 40 files from then on (prlimit): too few to start',
    expects: {
      outcome: 'escalated',
      reason: 'resource_exhausted',
      diagnoses: ['daemon:resource_exhausted', 'environment:resource_exhausted', 'daemon:process_down'],
    },
    applies: needsProxies,
    async inject(context) {
      const atMs = await unwatched(context, async () => {
        await proxiesOf(context).set('daemon', 'starve', { lasting: true });
        await killed(daemonMember(context.stack));
      });
      return { atMs, undo: () => proxiesOf(context).set('daemon', null) };
    },
  },
];

async function setFault(context: FaultContext, fault: ProxyFault, lasting = false) {
  const atMs = nowMs();
  await proxiesOf(context).set('daemon', fault, { lasting });
  return { atMs, undo: () => proxiesOf(context).set('daemon', null) };
}
