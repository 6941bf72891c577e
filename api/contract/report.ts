import { z } from 'zod';
import {
  count,
  diagnosis,
  escalation,
  failure,
  failureType,
  incidentStatus,
  instant,
  uuid,
} from './fields.ts';

const bytes = count.meta({ description: 'In bytes.' });

const system = z
  .strictObject({
    uptimeSeconds: z.strictObject({ host: z.number(), worker: z.number() }),
    loadAverage: z.array(z.number()).meta({ description: 'Over 1, 5 and 15 minutes.' }),
    processors: count,
    memory: z.strictObject({ totalBytes: bytes, availableBytes: bytes }),
    disks: z.array(z.strictObject({ path: z.string(), freeBytes: bytes, totalBytes: bytes })),
    descriptors: z
      .array(
        z.strictObject({
          process: z.string(),
          pid: z.int(),
          open: count,
          limit: count.nullable().meta({ description: '`null`: none.' }),
        }),
      )
      .meta({ description: 'Open files of the worker and of each component that runs.' }),
    ports: z.array(
      z.strictObject({
        component: z.string(),
        port: z.int(),
        holder: z.enum(['ours', 'foreign', 'nobody']),
        owner: z.string().nullable(),
      }),
    ),
    versions: z.record(z.string(), z.string()),
  })
  .partial();

const snapshot = z
  .strictObject({
    takenAt: instant,
    logs: z.array(
      z.strictObject({
        component: z.string(),
        file: z.string(),
        lines: z
          .array(z.string())
          .meta({ description: 'The last ones; without the secrets that are known.' }),
      }),
    ),
    system,
    problems: z.array(z.string()).meta({ description: 'What could not be had, and why.' }),
  })
  .meta({ id: 'Snapshot', description: 'The host and the logs as they were when help ended.' });

const recovery = z
  .strictObject({
    number: count,
    strategy: z.string().nullable(),
    delaySeconds: z.number(),
    outcome: z.string().nullable(),
    reason: z.string().nullable(),
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
    actions: z.array(
      z.strictObject({ what: z.string(), at: instant, durationMs: z.number(), result: z.string() }),
    ),
    after: z.array(diagnosis).meta({ description: 'What was still wrong afterwards.' }),
  })
  .meta({ id: 'ReportedRecovery' });

export const report = z
  .strictObject({
    incident: z.strictObject({
      id: uuid,
      environment: z.string(),
      host: z.string(),
      runId: uuid,
      pipeline: z.string(),
      component: z.string().nullable(),
      failure: failureType.nullable(),
      status: incidentStatus,
      raised: failure,
      evidence: z.array(z.string()),
      escalation: escalation.nullable(),
      occurredAt: instant,
      detectedAt: instant,
      endedAt: instant.nullable(),
    }),
    nextSteps: z.array(z.string()),
    findings: z
      .array(z.string())
      .meta({ description: 'What was found last; where nothing was, what raised the incident.' }),
    ruledOut: z
      .array(z.strictObject({ component: z.string(), failure: failureType, fact: z.string() }))
      .meta({ description: 'What would have looked much the same, and the fact that speaks against it.' }),
    recoveries: z.array(recovery),
    timeline: z.array(z.strictObject({ at: instant, what: z.string() })),
    snapshot: snapshot.nullable().meta({ description: '`null`: none was kept.' }),
  })
  .meta({ id: 'IncidentReport' });

export type IncidentReport = z.output<typeof report>;
