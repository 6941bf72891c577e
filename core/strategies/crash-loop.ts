import { crashLoopEscalation, isCrashLoop } from '../crash-loop.ts';
import type { Plan, Situation } from '../strategy.ts';

/** The way out of a crash loop, at once instead of after every delay; `null` where there is none. */
export function planForCrashLoop({ diagnosis, crashes, settings }: Situation): Plan | null {
  if (!isCrashLoop(crashes, settings)) return null;
  return { kind: 'hopeless', escalation: crashLoopEscalation(diagnosis, crashes, settings) };
}
