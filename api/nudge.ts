import type { Log } from '../core/log.ts';
import type { Run } from '../db/runs.ts';
import type { Dispatcher, DispatchJob } from '../queue/port.ts';

/** The run is committed; whether the queue takes the call is not the client's concern. */
export function nudge(dispatcher: Dispatcher, run: Run, log: Log): void {
  void dispatcher.enqueue(firstJob(run)).then((result) => {
    if (result !== 'enqueued')
      log('warn', 'the queue did not take a wake-up call', { runId: run.id, result });
  });
}

/** The wake-up call of a run as it is now. */
export function firstJob(run: Run): DispatchJob {
  return {
    kind: run.state.work?.kind === 'recovery' ? 'recovery' : 'stages',
    host: run.host,
    runId: run.id,
    dispatch: run.dispatch,
    name: run.currentStage ?? run.pipelineName,
    ...(run.currentStage === null ? {} : { stageId: run.currentStage }),
  };
}
