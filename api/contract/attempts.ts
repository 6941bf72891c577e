import { z } from 'zod';
import { STAGE_ATTEMPT_STATUSES } from '../../core/run.ts';
import { count, facts, failure, instant, milliseconds, pageOf, uuid } from './fields.ts';
import { action } from './recoveries.ts';

const shape = {
  id: uuid,
  stageId: z.string().nullable().meta({ description: 'The stage; of a recovery, the one that it serves.' }),
  number: count.meta({ description: 'Within its stage or its incident, from 1.' }),
  status: z.enum(STAGE_ATTEMPT_STATUSES),
  decision: z.string().nullable(),
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  durationMs: milliseconds,
  error: failure.nullable(),
  evidence: facts.meta({ description: 'What was seen. Its fields depend on the agent.' }),
};

export const attempt = z
  .strictObject({ ...shape, kind: z.enum(['stage', 'recovery']) })
  .meta({ id: 'Attempt', description: 'One execution of a stage, or one recovery attempt.' });

const log = z
  .strictObject({
    text: z.string().meta({ description: 'The last 64 KiB of it; without the secrets that are known.' }),
    cut: z.boolean().meta({ description: 'Whether something before it is missing.' }),
  })
  .nullable()
  .meta({ description: 'What it wrote; `null`: nothing.' });

const rung = z.strictObject({
  failure: z.string().meta({ description: '`component:failure`.' }),
  rung: z.string().meta({ description: 'What was done.' }),
  worked: z.boolean(),
});

const stageAttempt = z.strictObject({ ...shape, kind: z.literal('stage'), log }).meta({ id: 'StageAttempt' });

const recoveryAttempt = z
  .strictObject({
    ...shape,
    kind: z.literal('recovery'),
    log,
    incidentId: uuid,
    mode: z
      .enum(['targeted', 'last_resort'])
      .meta({ description: '`last_resort`: a reset of the environment, where that is allowed.' }),
    delaySeconds: z.number().meta({ description: 'How long it waited after the attempt before.' }),
    strategy: z.string().nullable(),
    rungs: z.array(rung).meta({ description: 'The steps of the ladder that were climbed.' }),
    actions: z.array(action),
  })
  .meta({ id: 'RecoveryAttempt' });

export const loggedAttempt = z.discriminatedUnion('kind', [stageAttempt, recoveryAttempt]);
export const attemptPage = pageOf(loggedAttempt).meta({ id: 'AttemptPage' });

export type Attempt = z.output<typeof attempt>;
export type LoggedAttempt = z.output<typeof loggedAttempt>;
