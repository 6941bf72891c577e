import { failureSentence } from '../../../core/words/failure.ts';
import type { RegisteredEnvironment } from '../../../db/environments.ts';
import type { IncidentDetail } from '../../../db/incidents.ts';
import { IncidentBadge } from '../parts/badge.tsx';
import { ToldTime } from '../parts/told-time.tsx';
import { took } from '../parts/took.ts';
import { worksSince } from './works-again.ts';

interface IncidentTableProps {
  incidents: readonly IncidentDetail[];
  environments: readonly RegisteredEnvironment[];
}

/** Incidents, the newest first. On a narrow screen a row becomes a small card. */
export function IncidentTable({ incidents, environments }: IncidentTableProps) {
  if (incidents.length === 0) return <p class="hint">There are none.</p>;
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">What broke</th>
          <th scope="col">State</th>
          <th scope="col">Stack</th>
          <th scope="col">Happened</th>
          <th scope="col" class="number">
            Attempts
          </th>
          <th scope="col" class="number">
            Seen after
          </th>
          <th scope="col" class="number">
            Repaired after
          </th>
        </tr>
      </thead>
      <tbody>
        {incidents.map(({ incident, environment, host, recoveryAttempts }) => (
          <tr id={`incident-${incident.id}`}>
            <th scope="row">
              <a href={`/incidents/${incident.id}`}>
                {failureSentence(incident.component, incident.failure)}
              </a>
              <span class="hint prompt">{incident.evidence.join(' · ')}</span>
            </th>
            <td>
              <IncidentBadge incident={incident} worksAgain={worksSince(incident, environments) !== null} />
            </td>
            <td>
              {environment} <span class="hint">{host}</span>
            </td>
            <td>
              <ToldTime at={incident.occurredAt} told="ago" />
            </td>
            <td class="number">
              <span class="narrow-only">attempts </span>
              {recoveryAttempts.filter(({ startedAt }) => startedAt !== null).length}
            </td>
            <td class="number">
              <span class="narrow-only">seen after </span>
              {took(incident.occurredAt, incident.detectedAt)}
            </td>
            <td class="number">
              {incident.status === 'resolved' && incident.resolvedAt && (
                <>
                  <span class="narrow-only">repaired after </span>
                  {took(incident.detectedAt, incident.resolvedAt)}
                </>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
