import { jobOf } from '../../core/job.ts';
import type { Log } from '../../core/log.ts';
import { isFinished } from '../../core/run.ts';
import type { Run } from '../../db/runs.ts';
import type { Dispatcher } from '../../queue/port.ts';

/** The run is committed; whether the queue takes the call is not the client's concern. */
export function nudge(dispatcher: Dispatcher, { id, host, dispatch, state }: Run, log: Log): void {
  if (isFinished(state)) return;
  void dispatcher.enqueue({ ...jobOf(state), host, runId: id, dispatch }).then((result) => {
    if (result !== 'enqueued') log('warn', 'the queue did not take a wake-up call', { runId: id, result });
  });
}
