import { z } from 'zod';
import { incidentSchema } from './run-view.ts';

/** An item of `GET /v1/incidents`. */
const listedIncidentSchema = incidentSchema.extend({
  environment: z.string(),
  host: z.string(),
  runId: z.string(),
  pipelineName: z.string(),
});

export const incidentPageSchema = z.object({ items: z.array(listedIncidentSchema) });

export type ListedIncident = z.infer<typeof listedIncidentSchema>;
