import type { Escalation } from './escalation.ts';
import type { Diagnosis } from './failure.ts';
import type { Settings } from './settings.ts';

/** Whether a component crashed so often that one more start would only lead to the next crash. */
export function isCrashLoop(crashes: number, { crashLoop }: Settings): boolean {
  return crashes > crashLoop.maxCrashes;
}

export function crashLoopEscalation(
  { component, evidence }: Diagnosis,
  crashes: number,
  { crashLoop }: Settings,
): Escalation {
  const loop = `${component} crashed ${crashes} times within ${crashLoop.windowMinutes} minutes`;
  return {
    reason: 'crash_loop',
    detail: `${loop} (${evidence.join('; ')}). Look into its logs for what ends it, then resume the run.`,
  };
}
