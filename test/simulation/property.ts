import fc from 'fast-check';
import { type Command, type Schedule, schedules } from './schedule.ts';
import { type Outcome, simulate } from './simulate.ts';
import type { Sabotage } from './world/world.ts';

export interface Search {
  seed: number;
  schedules: number;
  sabotage?: Sabotage;
  /** What every schedule begins with: it leads to where something can be found. */
  opening?: readonly Command[];
  /** Failing schedules are made smaller for so long. */
  shrinkMs?: number;
  onOutcome?: (outcome: Outcome) => void;
}

export interface Found {
  /** How many schedules it took. */
  after: number;
  broken: string;
  schedule: Schedule;
  trace: string[];
}

/** Runs random schedules until one breaks a rule; `null`: none did. */
export async function search({
  seed,
  schedules: numRuns,
  sabotage,
  opening = [],
  shrinkMs = 20_000,
  onOutcome,
}: Search): Promise<Found | null> {
  const options = sabotage ? { sabotage } : {};
  let stopAtMs = Number.POSITIVE_INFINITY;
  const opened = schedules.map((schedule) => ({ ...schedule, commands: [...opening, ...schedule.commands] }));
  const property = fc.asyncProperty(opened, async (schedule) => {
    if (performance.now() > stopAtMs) return true;
    const outcome = await simulate(schedule, options);
    onOutcome?.(outcome);
    if (outcome.broken !== null) stopAtMs = Math.min(stopAtMs, performance.now() + shrinkMs);
    return outcome.broken === null;
  });
  const { failed, counterexample, numRuns: after } = await fc.check(property, { seed, numRuns });
  if (!failed || !counterexample) return null;
  const [schedule] = counterexample;
  const { broken, trace } = await simulate(schedule, { ...options, traced: true });
  return { after, broken: broken ?? 'it does not fail when it is repeated', schedule, trace };
}

/** What a person needs to understand a failing schedule, and to repeat it. */
export function described({ broken, schedule, trace, after }: Found, seed: number): string {
  return [
    `${broken} (seed ${seed}, schedule ${after})`,
    ...trace.slice(-200),
    'To keep it, put this into test/simulation/regressions as a .json file:',
    JSON.stringify(schedule),
  ].join('\n');
}
