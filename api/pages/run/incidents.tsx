import { failureSentence } from '../../../core/words/failure.ts';
import type { Incident } from '../../../db/history.ts';
import { IncidentBadge } from '../parts/badge.tsx';
import { ToldTime } from '../parts/told-time.tsx';
import { took } from '../parts/took.ts';

/** What broke while the run was at work, each with how fast it was seen and repaired. */
export function Incidents({ incidents }: { incidents: readonly Incident[] }) {
  if (incidents.length === 0) return null;
  return (
    <section aria-labelledby="incidents">
      <h2 id="incidents">{incidents.length === 1 ? 'Incident' : 'Incidents'}</h2>
      <ul class="card incidents">
        {incidents.map((incident) => (
          <li>
            <IncidentBadge incident={incident} />
            <a href={`/incidents/${incident.id}`}>{failureSentence(incident.component, incident.failure)}</a>
            <span class="hint">{timesOf(incident)}</span>
            {incident.status === 'open' && (
              <span class="hint">
                for <ToldTime at={incident.occurredAt} told="span" />
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function timesOf({ status, occurredAt, detectedAt, resolvedAt }: Incident): string {
  const seen = `seen after ${took(occurredAt, detectedAt)}`;
  return status === 'resolved' && resolvedAt
    ? `${seen}, repaired after ${took(detectedAt, resolvedAt)}`
    : seen;
}
