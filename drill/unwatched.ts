import { nowMs } from './clock.ts';
import type { FaultTarget } from './fault.ts';

/**
 * Does something that Davylamp must not meddle with before it is complete, and hands the stack back.
 * The moment from which Davylamp may act: that of the harm.
 */
export async function unwatched({ davylamp }: FaultTarget, work: () => Promise<unknown>): Promise<number> {
  await davylamp.beginMaintenance('davy drill prepares a fault');
  let done = nowMs();
  try {
    await work();
  } finally {
    done = nowMs();
    await davylamp.endMaintenance();
  }
  return done;
}
