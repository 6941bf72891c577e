import { pause } from '../../../worker/clock.ts';
import { CancelledError, TimeoutError } from '../../../worker/host/abort.ts';
import type { RunClaim } from '../../../worker/run-claim.ts';
import type { ComponentName } from './host.ts';
import type { SimulatedWorker } from './worker.ts';
import type { World } from './world.ts';

const STOP_MS = 1_000;
const SETTLE_MS = 1_500;

/** How one piece of work looks at the host and acts on it. */
export interface Hands {
  looking: <T>(name: string, execute: () => T) => Promise<T>;
  acting: <T>(name: string, execute: (isExcused: boolean) => T) => Promise<T>;
  /** Ends a component, which takes its time. */
  stopping: (component: ComponentName, name: string) => Promise<string>;
  /** Waits for what was done to show, as `settle.ts` does. @throws what the signal says */
  settling: (signal: AbortSignal) => Promise<void>;
  /** Says `done`, or how it failed. */
  starting: (component: ComponentName) => Promise<string>;
}

export interface HandsOptions {
  worker: SimulatedWorker;
  world: World;
  claim: RunClaim;
  attemptId: string;
  signal: AbortSignal;
  /** A reset clears up behind itself where it was cancelled or took too long. */
  what: 'stage' | 'recovery' | 'reset';
}

/**
 * The hands of one life of an attempt. Every order is judged twice: as it is given (whoever is to stop gives none, and
 * none is given twice), and as the host carries it out.
 */
export function handsOf(options: HandsOptions): Hands {
  const { worker, world, claim, attemptId, signal, what } = options;
  const { host, time, watchman } = world;
  let sequence = 0;

  const looking: Hands['looking'] = (name, execute) =>
    time.ask(worker.actor, { target: 'host', name, execute });

  /** From here on the kernel has it: what it consists of is judged as of now. */
  const order = (name: string): Hands['acting'] => {
    const isStopped = signal.aborted && !(what === 'reset' && isOver(signal.reason));
    if (worker.actor.alive) {
      watchman.insist(!isStopped, () => `${worker.id} gives an order although it is to stop: ${name}`);
      watchman.ordered({ run: claim.run, attemptId, what, sequence: ++sequence, name });
    }
    const number = time.lastAsked + 1;
    return (part, execute) =>
      looking(part, () => execute(world.assertMayAct({ worker, claim, attemptId, number })));
  };

  return {
    looking,
    acting: (name, execute) => order(name)(name, execute),
    async stopping(component, name) {
      await order(name)(name, () => host.break(component));
      await pause(worker.clock, STOP_MS);
      return 'done';
    },
    async settling(until) {
      await pause(worker.clock, SETTLE_MS, until);
      until.throwIfAborted();
    },
    // As `supervised.ts` does it: it looks, and starts what it did not find.
    async starting(component) {
      const part = order(`start ${component}`);
      const runs = await looking(`look for ${component}`, () => host.adopts && host.isUp(component));
      if (runs) return 'done';
      const stays = await part(`start ${component}`, (isExcused) => host.start(component, isExcused));
      return stays ? 'done' : `failed: ${component} ended at once`;
    },
  };
}

function isOver(reason: unknown): boolean {
  return reason instanceof TimeoutError || reason instanceof CancelledError;
}
