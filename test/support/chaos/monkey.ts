import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../../core/errors.ts';
import { DATABASE_FAULTS, REDIS_FAULTS } from './broker-faults.ts';
import type { Chance } from './chance.ts';
import { MESSAGE_FAULTS } from './message-faults.ts';
import { PROCESS_FAULTS } from './process-faults.ts';
import type { Fault, FaultContext, Pace, World } from './world.ts';

/** Breaks things until it is told to stop. */
export interface Monkey {
  /** How often each fault happened. */
  counts: Map<string, number>;
  /** Faults that could not be brought about, and why; a fault may stand in the way of another. */
  hindered: string[];
  /** Ends when the last fault has been put right. */
  stop(): Promise<void>;
}

const HOLD_MS_MIN = 200;
const PAUSE_MS_MIN = 100;

/** Faults of one kind follow one another, those of different kinds coincide. */
export function release(world: World, pace: Pace, chance: Chance): Monkey {
  const ending = new AbortController();
  const counts = new Map<string, number>();
  const hindered: string[] = [];
  const rest = (ms: number) => pause(ms, undefined, { signal: ending.signal }).catch(() => {});

  const play = async (faults: readonly Fault[], own: Chance): Promise<void> => {
    const hold = () => rest(own.between(HOLD_MS_MIN, pace.holdMsMax));
    const context: FaultContext = { world, chance: own, pace, hold };
    while (!ending.signal.aborted) {
      await rest(own.between(PAUSE_MS_MIN, pace.pauseMsMax));
      if (ending.signal.aborted) return;
      const fault = own.pick(faults);
      try {
        if (await fault.happen(context)) counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1);
      } catch (error) {
        hindered.push(`${fault.name}: ${messageOf(error)}`);
      }
    }
  };

  const kinds = [PROCESS_FAULTS, DATABASE_FAULTS, MESSAGE_FAULTS, ...(world.redis ? [REDIS_FAULTS] : [])];
  const done = Promise.all(kinds.map((faults) => play(faults, chance.fork())));
  return {
    counts,
    hindered,
    async stop() {
      ending.abort();
      await done;
    },
  };
}
