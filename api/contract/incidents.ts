import { z } from 'zod';
import { INCIDENT_STATUSES } from '../../core/run.ts';
import { name, pageOf } from './fields.ts';
import type { Operations } from './operation.ts';
import { pagingOf, some } from './query.ts';
import { incident } from './recoveries.ts';
import { report } from './report.ts';

const params = z.object({ id: z.uuid().meta({ description: 'The id of the incident.' }) });

export const incidentOperations = {
  'GET /v1/incidents': {
    id: 'listIncidents',
    tag: 'Incidents',
    scope: 'read',
    summary: 'List incidents, the newest first',
    query: z.strictObject({
      ...pagingOf('incidents'),
      status: some(INCIDENT_STATUSES),
      environment: name.optional(),
      host: name.optional(),
      component: name.optional().meta({ description: 'The component that was the root cause.' }),
    }),
    answers: {
      200: {
        description: 'A page of incidents.',
        content: { 'application/json': pageOf(incident).meta({ id: 'IncidentPage' }) },
      },
    },
  },
  'GET /v1/incidents/:id': {
    id: 'getIncident',
    tag: 'Incidents',
    scope: 'read',
    summary: 'Show an incident with its recovery attempts',
    params,
    unknown: { id: 'unknown-incident' },
    answers: { 200: { description: 'The incident.', content: { 'application/json': incident } } },
  },
  'GET /v1/incidents/:id/report': {
    id: 'getIncidentReport',
    tag: 'Incidents',
    scope: 'read',
    summary: 'Read the report of an incident',
    description:
      'For the person who is called: what to do, what was tried, what happened when, the host and the logs as they were. Markdown for who accepts `text/markdown`.',
    params,
    unknown: { id: 'unknown-incident' },
    answers: {
      200: {
        description: 'The report.',
        content: {
          'application/json': report,
          'text/markdown': z.string().meta({ description: 'The same for people.' }),
        },
        headers: ['Vary'],
      },
    },
  },
} as const satisfies Operations;
