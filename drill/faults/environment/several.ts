import { chooseFirst } from '../../../worker/components/miner-choice.ts';
import { nowMs } from '../../clock.ts';
import { killed, memberOf, processOf, signalled, untilGone } from '../../components.ts';
import type { Fault, FaultContext, FaultTarget, Proven } from '../../fault.ts';
import { observer } from '../../proof.ts';
import { untilIdle } from '../../restore.ts';
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
    inject: (context) => killedAtOnce(context, ['daemon', 'pool']),
  },
  {
    name: 'all-killed',
    layer: 'environment',
    title: 'daemon, pool and miner get SIGKILL at once',
    expects: { outcome: 'healed', diagnoses: ['daemon:process_down', 'environment:cascading'] },
    inject: (context) => killedAtOnce(context, ['daemon', 'pool', 'miner']),
  },
  {
    name: 'pool-crash-loop',
    layer: 'environment',
    title: 'the pool gets SIGKILL each time that it works again',
    expects: { outcome: 'escalated', reason: 'crash_loop', diagnoses: ['pool:process_down'] },
    deadlineSeconds: 60,
    inject: (context) => crashLoop(context, 'pool'),
  },
  {
    name: 'miner-crash-loop',
    layer: 'environment',
    title: 'the miner gets SIGKILL each time that it works again',
    expects: { outcome: 'escalated', reason: 'crash_loop', diagnoses: minerNamed('process_down') },
    deadlineSeconds: 60,
    applies: (target) => (hasAlternative(target) ? 'its miner has an alternative' : null),
    inject: (context) => crashLoop(context, 'miner'),
  },
  {
    name: 'miner-crash-loop-alternative',
    layer: 'miner',
    title: 'the miner gets SIGKILL each time that it works again; its alternative is to take its place',
    expects: { outcome: 'healed', diagnoses: minerNamed('process_down') },
    applies: (target) => (hasAlternative(target) ? null : 'its miner has no alternative'),
    async inject(context) {
      const { stack } = context;
      const { ref } = memberOf(stack, 'miner');
      return {
        ...(await crashLoop(context, 'miner')),
        async undo() {
          await chooseFirst(stack.stateDirectory, ref.name);
          await killed(memberOf(stack, 'miner')).catch(() => {});
        },
      };
    },
  },
];

function hasAlternative({ stack }: FaultTarget): boolean {
  return stack.environment.miners[0]?.alternative !== undefined;
}

async function killedAtOnce({ stack }: FaultContext, layers: readonly Proven[]) {
  const identities = await Promise.all(layers.map((layer) => processOf(memberOf(stack, layer))));
  const atMs = nowMs();
  await Promise.all(identities.map((identity) => signalled(identity, 'SIGKILL')));
  await Promise.all(identities.map((identity) => untilGone(identity)));
  return { atMs };
}

/** Every crash but the last is healed and is the harm no more: it is the last one that is one too many. */
async function crashLoop(context: FaultContext, layer: 'pool' | 'miner') {
  const { stack, height, say } = context;
  for (let crash = 1; crash <= CRASHES_ALLOWED; crash++) {
    await killed(memberOf(stack, layer));
    const watching = await observer(stack, height);
    await watching.proven([layer], AbortSignal.timeout(CRASH_EVERY_MS));
    await untilIdle(context);
    say(`  crash ${crash}: healed`);
  }
  return { atMs: await killed(memberOf(stack, layer)) };
}
