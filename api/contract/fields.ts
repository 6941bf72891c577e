import { z } from 'zod';
import { COMPONENT_ROLES } from '../../core/component.ts';
import { CLOSING_WORDS, ESCALATION_REASONS } from '../../core/escalation.ts';
import { FAILURE_TYPES, type FailureType } from '../../core/failure.ts';
import { INCIDENT_STATUSES, RECOVERY_ATTEMPT_OUTCOMES, RUN_STATUSES } from '../../core/run.ts';
import { isStorable } from '../http/json.ts';

/** How JSON Schema has it, in place of what zod would write: a query is text to zod, and more than that to its readers. */
export function writtenAs(schema: object) {
  return ({ jsonSchema }: { jsonSchema: object }) => {
    for (const key of Object.keys(jsonSchema))
      if (!KEPT.includes(key)) Reflect.deleteProperty(jsonSchema, key);
    Object.assign(jsonSchema, schema);
  };
}

const KEPT = ['description', 'default', 'id'];

const isInstant = (value: string) => z.iso.datetime().safeParse(value).success;
const isUuid = (value: string) => z.uuid().safeParse(value).success;

export const instant = z
  .string()
  .refine(isInstant, 'must be a time in UTC')
  .meta({ id: 'Instant', format: 'date-time', description: 'ISO 8601 in UTC.' });
export const uuid = z
  .string()
  .refine(isUuid, 'must be a UUID')
  .meta({ id: 'Id', format: 'uuid', description: 'A UUID; newer ones sort behind older ones.' });
export const count = z.int().min(0);
export const milliseconds = z.number().nullable();
/** What a stage, a probe or an event has to say: its fields depend on who says it. */
export const facts = z.record(z.string(), z.unknown());

export const runStatus = z.enum(RUN_STATUSES).meta({
  id: 'RunStatus',
  description: 'The last four are final. `escalated`: automatic help has ended, a person was called.',
});
export const incidentStatus = z.enum(INCIDENT_STATUSES).meta({ id: 'IncidentStatus' });
export const failureType = z
  .enum(FAILURE_TYPES as readonly [FailureType, ...FailureType[]])
  .meta({ id: 'FailureType', description: 'What is wrong with a component.' });
export const recoveryOutcome = z.enum(RECOVERY_ATTEMPT_OUTCOMES).meta({ id: 'RecoveryOutcome' });
export const componentRole = z.enum(COMPONENT_ROLES).meta({ id: 'ComponentRole' });

export const failure = z
  .strictObject({ code: z.string(), message: z.string() })
  .meta({ id: 'Failure', description: 'Why something failed: a word for machines, a sentence for people.' });

export const escalation = z
  .strictObject({
    reason: z.enum([...ESCALATION_REASONS, ...CLOSING_WORDS]),
    detail: z.string().meta({ description: 'What happened, and what to do next.' }),
  })
  .meta({
    id: 'Escalation',
    description: `Why nothing more was done. ${CLOSING_WORDS.join(', ')}: it was wanted so, and nobody is called.`,
  });

export const diagnosis = z
  .strictObject({
    component: z.string().meta({ description: 'The name of the component, or `environment`.' }),
    role: z.enum([...COMPONENT_ROLES, 'environment']),
    failure: failureType,
    evidence: z.array(z.string()).meta({ description: 'The facts that led here, a sentence each.' }),
    occurredAt: instant.optional(),
  })
  .meta({ id: 'Diagnosis' });

/** A page of a list that goes on behind `nextCursor`. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'The `cursor` of the next page; `null`: this is the last.' }),
  });
}

export function listOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item) });
}

/** Text that can be kept. */
export const text = (max: number) =>
  z.string().max(max).refine(isStorable, 'must not have a NUL or a lone surrogate');
export const name = text(256).min(1);
