import { waitingPhrase } from '../../core/words/waiting.ts';
import type { RunView } from '../client/run-view.ts';
import { timeOfDay } from '../terminal/time-of-day.ts';

/** What a run waits for, in words; `null`: nothing that is worth a word. */
export function describeWait({ waitingFor }: Pick<RunView, 'waitingFor'>): string | null {
  if (!waitingFor || waitingFor.kind === 'call') return null;
  return waitingPhrase(waitingFor, timeOfDay);
}
