import { crashLoopEscalation, isCrashLoop } from '../crash-loop.ts';
import type { Plan, Situation } from '../strategy.ts';
import { switchRung } from './alternative-miner.ts';

/** The way out of a crash loop, at once instead of after every delay; `null` where there is none. */
export function planForCrashLoop(situation: Situation): Plan | null {
  const { diagnosis, crashes, settings } = situation;
  // What ran out says more than how often it ended something.
  if (diagnosis.failure === 'resource_exhausted' || !isCrashLoop(crashes, settings)) return null;
  const rung = switchRung(situation);
  if (rung) return { kind: 'ladder', rungs: [rung] };
  return { kind: 'hopeless', escalation: crashLoopEscalation(diagnosis, crashes, settings) };
}
