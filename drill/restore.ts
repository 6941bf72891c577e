import { waitUntil } from '../worker/host/deadline.ts';
import type { FaultTarget, Injected, Proven } from './fault.ts';
import { observer } from './proof.ts';

export const ALL: readonly Proven[] = ['daemon', 'pool', 'miner'];

/** The gentlest first. */
const REPAIRS = ['mining-stack-recovery', 'mining-infrastructure-setup'];
/** Nothing is timed here, and the processor is needed by what is looked at. */
const CALM_POLL_MS = 50;
const QUICK_MS = 5_000;
const HEAL_MS = 30_000;
const RUN_MS = 180_000;

/** Whether all of a stack is proven to work within that time, down to a block that it mines. */
export async function works(target: FaultTarget, timeoutMs: number, height = 0): Promise<boolean> {
  const watching = await observer(target.stack, height, CALM_POLL_MS);
  const signal = AbortSignal.timeout(timeoutMs);
  return await Promise.all([watching.proven(ALL, signal), watching.grown(signal)]).then(
    () => true,
    () => false,
  );
}

/** Waits until Davylamp does nothing any more: what it is at would be taken for its answer to the next fault. */
export async function untilIdle({ davylamp }: FaultTarget): Promise<void> {
  await waitUntil(async () => !(await davylamp.isBusy()), {
    timeoutMs: RUN_MS,
    intervalMs: 100,
    what: 'Davylamp has nothing to do',
  });
}

/**
 * Takes back what a fault left behind and makes the stack healthy again, by whatever it takes: the next fault must
 * not pay for this one. Maintenance mode in between lets Davylamp forget the crashes.
 * @throws when nothing helps: then there is no use in going on.
 */
export async function restore(target: FaultTarget, injected: Injected | null): Promise<string> {
  const { davylamp } = target;
  await davylamp.beginMaintenance('davy drill tidies up after a fault');
  let how = 'as it was';
  try {
    await injected?.undo?.();
    await untilIdle(target);
    for (const pipeline of REPAIRS) {
      if (await works(target, QUICK_MS)) break;
      await davylamp.run(pipeline, 'The drill tidies up', RUN_MS);
      how = `repaired by ${pipeline}`;
    }
  } finally {
    await davylamp.endMaintenance();
  }
  if (await works(target, HEAL_MS)) return how;
  await davylamp.reset('data', RUN_MS);
  if (await works(target, HEAL_MS)) return 'reset';
  throw new Error(`${target.stack.environment.name} does not work any more, even after a reset`);
}
