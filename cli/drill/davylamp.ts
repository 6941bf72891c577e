import { setTimeout as pause } from 'node:timers/promises';
import { DavyError } from '../../core/errors.ts';
import { FINAL_STATUSES, RUN_STATUSES } from '../../core/run.ts';
import type { Davylamp, SeenRun } from '../../drill/davylamp.ts';
import { Client } from '../client/client.ts';
import { type ApiAddress, ask } from '../client/request.ts';
import { isFinished, type RunView } from '../client/run-view.ts';

const POLL_MS = 100;
const TIMEOUT_MS = 10_000;
/** More runs than this in one fault would be a fault of their own. */
const RUNS_MAX = '50';

const UNFINISHED = RUN_STATUSES.filter((status) => !FINAL_STATUSES.some((final) => final === status));

/** The Davylamp that looks after one environment, over HTTP. */
export function davylampOver(api: ApiAddress, environment: string, workingDirectory: string): Davylamp {
  const client = new Client(api);
  const path = `/v1/environments/${encodeURIComponent(environment)}/maintenance`;
  const seen = async (id: string) => seenRun((await client.readRun(id)).view);
  const finished = async (id: string, timeoutMs: number) => {
    const endsAt = performance.now() + timeoutMs;
    for (;;) {
      const run = await seen(id);
      if (run.finished) return run;
      if (performance.now() > endsAt)
        throw new DavyError(
          'timeout',
          `${environment}: run ${id} (${run.pipelineName}) did not end within ${timeoutMs / 1000} s`,
          {
            component: 'environment',
            nextStep: `While a Davylamp runs, "davy status ${id}" tells what it waits for.`,
          },
        );
      await pause(POLL_MS);
    }
  };
  return {
    async run(pipelineName, userPrompt, timeoutMs) {
      const { id } = await client.startRun({ pipelineName, userPrompt, workingDirectory });
      return await finished(id, timeoutMs);
    },
    async reset(type, timeoutMs) {
      const order = type === 'soft' ? { type } : { type, confirm: environment };
      return await finished((await client.resetEnvironment(environment, order)).id, timeoutMs);
    },
    async runsSince(momentMs) {
      const { view } = await client.listRuns({ statuses: [], limit: RUNS_MAX });
      const recent = view.filter(
        (run) => run.environment === environment && Date.parse(run.createdAt) >= Math.floor(momentMs),
      );
      return await Promise.all(recent.map(({ id }) => seen(id)));
    },
    async isBusy() {
      const { view } = await client.listRuns({ statuses: UNFINISHED, limit: RUNS_MAX });
      return view.some((run) => run.environment === environment);
    },
    async beginMaintenance(reason) {
      await ask(api, { method: 'POST', path, body: { reason }, timeoutMs: TIMEOUT_MS });
    },
    async endMaintenance() {
      await ask(api, { method: 'DELETE', path, timeoutMs: TIMEOUT_MS });
    },
  };
}

function seenRun(run: RunView): SeenRun {
  const { id, pipelineName, createdAt, status, incidents } = run;
  return { id, pipelineName, createdAt, status, incidents, finished: isFinished(run) };
}
