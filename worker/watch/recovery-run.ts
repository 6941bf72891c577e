import { type Diagnosis, describeDiagnoses } from '../../core/failure.ts';
import type { Observation } from '../../core/observation.ts';
import { recoveryPolicy } from '../../core/recovery.ts';
import { isFinished } from '../../core/run.ts';
import { startRun, transition } from '../../core/transition.ts';
import type { Sighting } from '../../db/changes.ts';
import { recordCrash } from '../../db/crashes.ts';
import { newId } from '../../db/id.ts';
import { insertOwnRun } from '../../db/runs.ts';
import type { Stack } from '../components/stack.ts';
import { crashesIn } from '../crashes.ts';
import type { WatchOptions } from '../watch.ts';

export interface Found {
  stack: Stack;
  observation: Observation;
  diagnoses: readonly Diagnosis[];
  sighting: Sighting;
}

const PROMPT_CHARS_MAX = 4_096;

/**
 * A recovery without a run gets a run of its own, so that it is followed, leased and shown like any other. Its
 * first stage would only find what was just seen: it begins with the recovery. Returns the run's id, or `null`
 * where another run came first, whose the fault is then.
 */
export async function startRecovery(found: Found, options: WatchOptions): Promise<string | null> {
  const { database, pipeline, engine, settings, registry } = options;
  const { stack, diagnoses, observation, sighting } = found;
  const context = { pipeline, policy: recoveryPolicy(await settings.current(), true), newId };
  const message = describeDiagnoses(diagnoses);
  const opened = startRun(context, { decision: 'unhealthy', failure: { code: 'unhealthy', message } });
  if (isFinished(opened.state)) throw new RangeError('a recovery that is over before it began');
  const begun = transition(opened.state, { type: 'begun' }, context);
  const { workerId, host } = registry.claimant();
  // Counted while the run is written: the repair waits for both.
  const counting = countCrashes(found, (await settings.current()).crashLoop.windowMinutes, options);
  const run = await insertOwnRun(database, {
    id: newId(),
    pipeline,
    mutating: true,
    environmentId: stack.environmentId,
    host,
    workingDirectory: stack.directory,
    userPrompt: `The watch found: ${message}`.slice(0, PROMPT_CHARS_MAX),
    start: { state: begun.state, changes: [...opened.changes, ...begun.changes] },
    workerId,
    leaseSeconds: options.leaseSeconds,
    sighting,
  });
  if (run === null) return null;
  void engine.carryOn({ run, pipeline, stack, seen: observation, begun: true, counting });
  return run.id;
}

function countCrashes(
  { stack, observation }: Found,
  windowMinutes: number,
  { database }: WatchOptions,
): ReadonlyMap<string, Promise<number>> {
  const { environmentId } = stack;
  const counts = [...crashesIn(observation).values()].map((crash) => {
    const count = recordCrash(database, { ...crash, environmentId, windowMinutes });
    // Who needs it awaits it; where the run is not ours, nobody does.
    count.catch(() => {});
    return [crash.key, count] as const;
  });
  return new Map(counts);
}
