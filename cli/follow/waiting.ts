import type { RunView } from '../client/run-view.ts';
import { timeOfDay } from './words.ts';

/** What a run waits for, in words; `null`: nothing that is worth a word. */
export function describeWait({ waitingFor }: Pick<RunView, 'waitingFor'>): string | null {
  switch (waitingFor?.kind) {
    case 'run': {
      const { runId, pipelineName, status, position } = waitingFor;
      return `waits for run ${runId} (${pipelineName}, ${status}), ${position} before it`;
    }
    case 'worker': {
      const { host, lastSeenAt } = waitingFor;
      const seen = lastSeenAt ? `last seen at ${timeOfDay(lastSeenAt)}` : 'never seen';
      return `waits for the worker of host ${host}, ${seen}`;
    }
    case 'retry':
      return `waits for its next recovery attempt at ${timeOfDay(waitingFor.at)}`;
    case 'cancel':
      return 'waits for its worker to end it';
    default:
      return null;
  }
}
