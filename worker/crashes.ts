import { allFacts, type ComponentFacts, type Observation } from '../core/observation.ts';

/** A process that ended by itself although it had worked. */
export interface Crash {
  component: string;
  /** Names the process: the same crash is counted once. */
  key: string;
  /** How long before it was seen, in milliseconds: our clock may be another than that of the database. */
  happenedMsAgo: number;
}

/** Keeps a crash and tells how often that component crashed lately, this time included. */
export type RecordCrash = (crash: Crash) => Promise<number>;

/** The crashes that an observation shows, by component. */
export function crashesIn(observation: Observation): ReadonlyMap<string, Crash> {
  const found = new Map<string, Crash>();
  for (const facts of allFacts(observation)) {
    const { component, process } = facts;
    if (process.state !== 'down' || process.crash === null) continue;
    const { key } = process.crash;
    const { exit } = process;
    const happenedMsAgo = exit ? Math.max(0, Date.parse(observation.at) - Date.parse(exit.at)) : 0;
    found.set(component, { component: countedName(facts), key, happenedMsAgo });
  }
  return found;
}

/** Counts the crashes that observations show. Tells of each component that is down by one how often it crashed. */
export function crashCounter(
  record: RecordCrash,
): (observation: Observation) => Promise<ReadonlyMap<string, number>> {
  const counted = new Map<string, number>();
  return async (observation) => {
    const found = new Map<string, number>();
    for (const [component, crash] of crashesIn(observation)) {
      const crashes = counted.get(crash.key) ?? (await record(crash));
      counted.set(crash.key, crashes);
      found.set(component, crashes);
    }
    return found;
  };
}

/** The alternative of a miner starts without the crashes of the first. */
function countedName(facts: ComponentFacts): string {
  return facts.role === 'miner' && facts.alternative ? `${facts.component}/alternative` : facts.component;
}
