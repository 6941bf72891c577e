import type { Caller } from '../../../db/keys.ts';
import { RunBadge } from '../parts/badge.tsx';
import { ToldTime } from '../parts/told-time.tsx';
import { took } from '../parts/took.ts';
import { Controls } from './controls.tsx';
import { Graph } from './graph/graph.tsx';
import { graphOf } from './graph/model.ts';
import { Incidents } from './incidents.tsx';
import type { SeenRun } from './read.ts';
import { Request } from './request.tsx';
import { Verdict } from './verdict.tsx';
import { Waterfall } from './waterfall.tsx';

export function RunView({ seen, caller }: { seen: SeenRun; caller: Caller }) {
  const { run, environment, pipeline, history, rows } = seen;
  const isRecovering = run.status === 'recovering' || run.status === 'waiting_retry';
  const graph = graphOf({
    pipeline,
    history,
    currentStage: run.currentStage,
    isRecovering,
    isWaiting: run.status === 'waiting_retry',
    finished: run.finishedAt !== null,
  });
  return (
    <>
      <header class="run-head">
        <div>
          <p class="hint">
            <a href="/runs">Runs</a> / {environment} on {run.host}
          </p>
          <h1>{pipeline.name}</h1>
          <p class="run-facts">
            <RunBadge status={run.status} />
            <span>
              began <ToldTime at={run.startedAt ?? run.createdAt} told="ago" />
            </span>
            {run.startedAt && run.finishedAt && <span>took {took(run.startedAt, run.finishedAt)}</span>}
          </p>
        </div>
        <Controls run={run} caller={caller} />
      </header>
      <Verdict seen={seen} />
      <div class="run-body">
        <section class="card pipeline" aria-labelledby="pipeline">
          <h2 id="pipeline">Pipeline</h2>
          <Graph graph={graph} />
        </section>
        <div class="run-course">
          <section aria-labelledby="attempts">
            <h2 id="attempts">Attempts</h2>
            <Waterfall runId={run.id} rows={rows} nextAttemptAt={run.nextAttemptAt} />
          </section>
          <Incidents incidents={history.incidents} />
          <Request seen={seen} caller={caller} />
        </div>
      </div>
    </>
  );
}
