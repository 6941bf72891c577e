import { failureSentence } from '../../../core/words/failure.ts';
import type { Caller } from '../../../db/keys.ts';
import { IncidentBadge } from '../parts/badge.tsx';
import { OrderForm } from '../parts/order-form.tsx';
import { ToldTime } from '../parts/told-time.tsx';
import { Diagnosis } from './diagnosis.tsx';
import { Logs } from './logs.tsx';
import { isResumable, type SeenIncident } from './read.ts';
import { Timeline } from './timeline.tsx';
import { Verdict } from './verdict.tsx';

export function IncidentView({ seen, caller }: { seen: SeenIncident; caller: Caller }) {
  const { incident, environment, host, pipeline } = seen;
  return (
    <>
      <header class="run-head">
        <div>
          <p class="hint">
            <a href="/incidents">Incidents</a> / <a href={`/#${host}/${environment}`}>{environment}</a> on{' '}
            {host}
          </p>
          <h1>{failureSentence(incident.component, incident.failure)}</h1>
          <p class="run-facts">
            <IncidentBadge incident={incident} worksAgain={seen.worksSince !== null} />
            <span>
              happened <ToldTime at={incident.occurredAt} told="ago" />
            </span>
            <span>
              run <a href={`/runs/${incident.runId}`}>{pipeline}</a>
            </span>
          </p>
        </div>
        <Orders seen={seen} caller={caller} />
      </header>
      <Verdict seen={seen} />
      <Timeline seen={seen} />
      <Diagnosis seen={seen} />
      <Logs snapshot={seen.report.snapshot} />
    </>
  );
}

function Orders({ seen, caller }: { seen: SeenIncident; caller: Caller }) {
  const { incident } = seen;
  return (
    <div class="controls">
      {isResumable(seen) && (
        <OrderForm
          action={`/runs/${incident.runId}/resume`}
          label="Resume the run"
          icon="run"
          look="primary"
          caller={caller}
          scope="run"
        />
      )}
      <a class="button" href={`/incidents/${incident.id}/report.md`} download>
        Report
      </a>
      <a class="button" href={`/incidents/${incident.id}/report.json`} download>
        Report as JSON
      </a>
    </div>
  );
}
