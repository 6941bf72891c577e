import { z } from 'zod';
import { count, name } from './fields.ts';
import type { Operations } from './operation.ts';
import { integer } from './query.ts';

const spread = z
  .strictObject({ mean: z.number().nullable(), median: z.number().nullable(), p95: z.number().nullable() })
  .meta({
    id: 'Spread',
    description: 'How long something takes, in milliseconds; `null`: it has not happened.',
  });

const figures = {
  incidents: z
    .strictObject({ open: count, resolved: count, escalated: count, closed: count })
    .meta({ description: '`closed`: neither healed nor escalated, as where the run was cancelled.' }),
  recoveryAttempts: z.strictObject({ total: count, successful: count, failed: count }),
  recoveryTimeMs: spread.meta({ description: 'Of recovery attempts that succeeded.' }),
  timeToDetectionMs: spread.meta({ description: 'From the failure to its detection.' }),
  timeToRecoveryMs: spread.meta({ description: 'From the detection until it worked again.' }),
  successRate: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .meta({ description: 'Of the attempts that ended; `null`: none did.' }),
};

const metrics = z
  .strictObject({
    days: count.meta({ description: 'How many days back the figures go.' }),
    environments: z.array(
      z
        .strictObject({
          ...figures,
          environment: z.string(),
          host: z.string(),
          components: z.array(z.strictObject({ ...figures, component: z.string() })),
          commonFailures: z
            .array(z.strictObject({ component: z.string(), failure: z.string(), count }))
            .meta({ description: 'The most common first.' }),
        })
        .meta({ id: 'EnvironmentMetrics' }),
    ),
  })
  .meta({ id: 'RecoveryMetrics' });

export const metricsOperations = {
  'GET /v1/recovery/metrics': {
    id: 'getRecoveryMetrics',
    tag: 'Metrics',
    scope: 'read',
    summary: 'Show how well recovery works, by environment and component',
    query: z.strictObject({
      environment: name.optional(),
      days: integer(1, 3650, 30).meta({ description: 'How many days back.' }),
    }),
    answers: { 200: { description: 'The figures.', content: { 'application/json': metrics } } },
  },
  'GET /metrics': {
    id: 'scrapeMetrics',
    tag: 'Metrics',
    scope: 'read',
    summary: 'The same for Prometheus',
    answers: {
      200: {
        description: 'The text format of Prometheus.',
        content: { 'text/plain': z.string().meta({ description: 'Version 0.0.4 of the text format.' }) },
      },
    },
  },
} as const satisfies Operations;
