import { setTimeout as pause } from 'node:timers/promises';
import { daemonMember } from '../../../worker/components/stack.ts';
import { nowMs } from '../../clock.ts';
import { killed } from '../../components.ts';
import type { Fault, Scene } from '../../fault.ts';
import type { Lie } from '../../liar/lies.ts';
import { unwatched } from '../../unwatched.ts';
import { liarOf, needsLiars } from '../liars.ts';

/** Longer than the watch's slowest look: it must be seen warming up. */
const WARM_UP_MS = 25_000;

/** A daemon whose RPC is answered by a liar that stands before it. */
export const daemonLiars: readonly Fault[] = [
  {
    name: 'daemon-mute',
    layer: 'daemon',
    title: 'its RPC takes connections and never answers (a liar; forgets when it is restarted)',
    expects: { outcome: 'healed', diagnoses: ['daemon:rpc_timeout'] },
    applies: needsLiars,
    inject: (scene) => lied(scene, 'mute'),
  },
  {
    name: 'daemon-hangs-up',
    layer: 'daemon',
    title: 'its RPC resets every connection (a liar; forgets when it is restarted)',
    expects: { outcome: 'healed', diagnoses: ['daemon:rpc_refused'] },
    applies: needsLiars,
    inject: (scene) => lied(scene, 'hang_up'),
  },
  {
    name: 'daemon-garbage',
    layer: 'daemon',
    title: 'its RPC answers with a web page (a liar; forgets when it is restarted)',
    expects: { outcome: 'healed', diagnoses: ['daemon:unknown'] },
    applies: needsLiars,
    inject: (scene) => lied(scene, 'garbage'),
  },
  {
    name: 'daemon-warming-up',
    layer: 'daemon',
    title: 'its RPC says -28 for 25 s (a liar): to be waited for, not restarted',
    expects: { outcome: 'healed', diagnoses: ['daemon:warming_up'] },
    keeps: ['daemon'],
    applies: needsLiars,
    async inject(scene) {
      const injected = await lied(scene, 'warming_up');
      void pause(WARM_UP_MS).then(() => liarOf(scene).tell('daemon', null));
      return injected;
    },
  },
  {
    name: 'daemon-incompatible',
    layer: 'daemon',
    title: 'getblocktemplate answers -8 about rules (a liar): no restart mends that',
    expects: { outcome: 'escalated', reason: 'critical_error', diagnoses: ['daemon:incompatible'] },
    keeps: ['daemon'],
    applies: needsLiars,
    inject: (scene) => lied(scene, 'incompatible', true),
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
    applies: needsLiars,
    async inject(scene) {
      const atMs = await unwatched(scene, async () => {
        await liarOf(scene).tell('daemon', 'starve', { lasting: true });
        await killed(daemonMember(scene.stack));
      });
      return { atMs, undo: () => liarOf(scene).tell('daemon', null) };
    },
  },
];

async function lied(scene: Scene, lie: Lie, lasting = false) {
  const atMs = nowMs();
  await liarOf(scene).tell('daemon', lie, { lasting });
  return { atMs, undo: () => liarOf(scene).tell('daemon', null) };
}
