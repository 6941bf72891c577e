import type { TestRedis } from '../redis.ts';
import type { Chance } from './chance.ts';
import type { Passage } from './passage.ts';
import type { BreakablePostgres } from './postgres.ts';
import type { Rig } from './rig.ts';
import type { Meddler } from './wake-queue.ts';

/** Everything that can be broken. */
export interface World {
  rig: Rig;
  postgres: BreakablePostgres;
  redis: TestRedis | null;
  /** The ways of each host to the database and to the queue, where that is another. */
  ways: { host: string; to: string; passage: Passage }[];
  meddler: Meddler;
}

/** How long faults last and follow one another. */
export interface Pace {
  holdMsMax: number;
  pauseMsMax: number;
  /** How long an event loop is blocked: after 15 s its process ends. */
  blockMs: number;
}

export interface FaultContext {
  world: World;
  chance: Chance;
  pace: Pace;
  /** Lets a fault last for a while, cut short when all faults are to end. */
  hold(): Promise<void>;
}

/** Breaks something, and puts it right again. `false`: there was nothing to break. */
export interface Fault {
  name: string;
  happen(context: FaultContext): Promise<boolean>;
}
