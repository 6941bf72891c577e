import { z } from 'zod';
import type { ActionType } from '../../core/strategy.ts';
import {
  count,
  escalation,
  failureType,
  incidentStatus,
  instant,
  milliseconds,
  recoveryOutcome,
  uuid,
} from './fields.ts';

const ACTION_TYPES = [
  'start',
  'stop',
  'clear_stale_locks',
  'connect_peers',
  'set_aside_settings',
  'move_stratum_port',
  'align_credentials',
  'align_login',
  'switch_miner',
  'redirect_miners',
  'switch_reach',
  'mine_block',
  'wait',
  'reset',
] as const satisfies readonly (ActionType | 'reset')[];

export const action = z
  .strictObject({
    type: z.enum(ACTION_TYPES),
    component: z.string().optional(),
    step: z.string().optional().meta({ description: 'Of an environment reset.' }),
    port: z.int().optional().meta({ description: 'Where Stratum was moved to.' }),
    reindex: z.boolean().optional().meta({ description: 'The daemon reads its block files anew.' }),
    force: z.boolean().optional().meta({ description: 'With SIGKILL, at once.' }),
    at: instant,
    durationMs: z.number(),
    result: z.string().meta({ description: 'What came of it, in a few words. The proof is the next look.' }),
  })
  .meta({ id: 'Action', description: 'Something that a recovery did.' });

const recovery = z
  .strictObject({
    number: count.meta({ description: 'Within its incident, from 1.' }),
    strategy: z.string().nullable(),
    actions: z.array(action),
    outcome: recoveryOutcome.nullable().meta({ description: '`null`: it has not ended.' }),
    reason: z.string().nullable().meta({ description: 'Why it failed.' }),
    delaySeconds: z.number().meta({ description: 'How long it waited after the attempt before.' }),
  })
  .meta({ id: 'Recovery', description: 'A recovery attempt: diagnose, plan, act, verify, once.' });

const shape = {
  id: uuid,
  component: z.string().nullable().meta({ description: 'The root cause; `null`: nothing was found (yet).' }),
  failure: failureType.nullable(),
  status: incidentStatus,
  evidence: z.array(z.string()).meta({ description: 'The facts behind it, a sentence each.' }),
  escalation: escalation.nullable(),
  occurredAt: instant.meta({ description: 'When it happened, as far as is known.' }),
  detectedAt: instant,
  resolvedAt: instant
    .nullable()
    .meta({ description: 'When what was broken worked again; `null` where it does not, or was escalated.' }),
  timeToDetectionMs: milliseconds.meta({ description: 'From the failure to its detection.' }),
  timeToRecoveryMs: milliseconds.meta({ description: 'From the detection until it worked again.' }),
  recoveryAttempts: z.array(recovery),
};

export const runIncident = z
  .strictObject(shape)
  .meta({ id: 'RunIncident', description: 'A failure, from its detection to its end, within its run.' });

export const incident = z
  .strictObject({
    ...shape,
    raised: z
      .strictObject({ code: z.string(), message: z.string() })
      .meta({ description: 'What the stage that raised it failed with.' }),
    escalatedAt: instant.nullable().meta({ description: 'When a person was called.' }),
    environment: z.string(),
    host: z.string(),
    runId: uuid,
    pipelineName: z.string(),
    report: z.string().meta({ description: 'The path of its report.' }),
  })
  .meta({ id: 'Incident', description: 'A failure, from its detection to its end.' });

export type RunIncident = z.output<typeof runIncident>;
export type Incident = z.output<typeof incident>;
