import { setTimeout as pause } from 'node:timers/promises';
import { nowMs } from '../../clock.ts';
import { killed, memberOf, processOf, signalled, untilGone } from '../../components.ts';
import type { Fault, Proven, Scene } from '../../fault.ts';
import { observer } from '../../proof.ts';
import { minerNamed } from '../miner/names.ts';

/** More crashes than this within ten minutes are a loop. */
const CRASHES_ALLOWED = 3;
const CRASH_EVERY_MS = 45_000;

/** Faults of more than one component, or of one again and again. */
export const severalFaults: readonly Fault[] = [
  {
    name: 'daemon-and-pool-killed',
    layer: 'environment',
    title: 'daemon and pool get SIGKILL at once: two causes that do not depend on each other',
    expects: { outcome: 'healed', diagnoses: ['daemon:process_down', 'environment:cascading'] },
    inject: (scene) => killedAtOnce(scene, ['daemon', 'pool']),
  },
  {
    name: 'all-killed',
    layer: 'environment',
    title: 'daemon, pool and miner get SIGKILL at once',
    expects: { outcome: 'healed', diagnoses: ['daemon:process_down', 'environment:cascading'] },
    inject: (scene) => killedAtOnce(scene, ['daemon', 'pool', 'miner']),
  },
  {
    name: 'pool-crash-loop',
    layer: 'environment',
    title: 'the pool gets SIGKILL each time that it works again',
    expects: { outcome: 'escalated', reason: 'crash_loop', diagnoses: ['pool:process_down'] },
    deadlineSeconds: 60,
    inject: (scene) => crashLoop(scene, 'pool'),
  },
  {
    name: 'miner-crash-loop',
    layer: 'environment',
    title: 'the miner gets SIGKILL each time that it works again',
    expects: { outcome: 'escalated', reason: 'crash_loop', diagnoses: minerNamed('process_down') },
    deadlineSeconds: 60,
    inject: (scene) => crashLoop(scene, 'miner'),
  },
];

async function killedAtOnce({ stack }: Scene, layers: readonly Proven[]) {
  const identities = await Promise.all(layers.map((layer) => processOf(memberOf(stack, layer))));
  const atMs = nowMs();
  await Promise.all(identities.map((identity) => signalled(identity, 'SIGKILL')));
  await Promise.all(identities.map((identity) => untilGone(identity)));
  return { atMs };
}

/** Every crash but the last is healed; then it is one too many. */
async function crashLoop({ stack, say, height }: Scene, layer: 'pool' | 'miner') {
  const atMs = nowMs();
  for (let crash = 1; crash <= CRASHES_ALLOWED + 1; crash++) {
    await killed(memberOf(stack, layer));
    if (crash > CRASHES_ALLOWED) break;
    const watching = await observer(stack, height);
    await watching.proven([layer], AbortSignal.timeout(CRASH_EVERY_MS));
    say(`  crash ${crash}: healed`);
    // The run that healed it has to end before the next crash counts as one of its own.
    await pause(3_000);
  }
  return { atMs };
}
