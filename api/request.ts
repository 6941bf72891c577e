import { z } from 'zod';
import { type Problem, zodProblems } from '../core/errors.ts';
import { RESET_TYPES } from '../core/reset.ts';
import { INCIDENT_STATUSES, RUN_STATUSES } from '../core/run.ts';
import { DELIVERY_STATES } from '../db/deliveries.ts';
import { SCOPES } from '../db/keys.ts';
import type { ApiContext } from './context.ts';
import { readCursor } from './cursor.ts';
import { isStorable } from './json.ts';
import { readKeyCursor } from './key-cursor.ts';
import { ProblemError } from './problem.ts';

const MAX_PROMPT_BYTES = 8 * 1024;
const MAX_WAIT_SECONDS = 60;

const text = (max: number) =>
  z.string().max(max).refine(isStorable, 'must not have a NUL or a lone surrogate');
const name = text(256).min(1);

/** `POST /v1/runs`. The rules for the working directory have a problem document of their own. */
export const runRequest = z.strictObject({
  pipelineName: name,
  userPrompt: text(MAX_PROMPT_BYTES).refine(
    (prompt) => Buffer.byteLength(prompt) <= MAX_PROMPT_BYTES,
    `must have ${MAX_PROMPT_BYTES} bytes of UTF-8 at most`,
  ),
  workingDirectory: z.string().min(1).max(4096),
  host: name.optional(),
});
export type RunRequest = z.infer<typeof runRequest>;

/** `POST /v1/environments/{name}/reset` */
export const resetRequest = z.strictObject({
  type: z.enum(RESET_TYPES),
  /** The environment's name, where the type destroys data. */
  confirm: text(256).optional(),
  host: name.optional(),
});

/** `POST /v1/environments/{name}/maintenance` */
export const maintenanceRequest = z.strictObject({
  reason: text(1024).min(1).optional(),
  host: name.optional(),
});

/** Bytes of a secret that are enough, and more than which HMAC-SHA256 would hash away. */
const SECRET_BYTES = { min: 24, max: 64 };

/** `POST /v1/webhooks`. The rules for the address have a problem document of their own. */
export const webhookRequest = z.strictObject({
  url: text(2048).min(1),
  secret: z
    .string()
    .max(256)
    .refine((secret) => {
      const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
      const { length } = Buffer.from(base64, 'base64');
      return base64.length % 4 === 0 && length >= SECRET_BYTES.min && length <= SECRET_BYTES.max;
    }, `must be "whsec_" and ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes as base64`)
    .optional(),
  environments: z.array(name).min(1).max(100).optional(),
});

const instant = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-01-02T03:04:05Z' })
  .transform((value) => new Date(value));

/** `POST /v1/keys` */
export const keyRequest = z.strictObject({
  name: name.regex(/^\P{Cc}*$/u, 'must not have control characters'),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .max(SCOPES.length)
    .refine((scopes) => new Set(scopes).size === scopes.length, 'must be there once each'),
  expiresAt: instant.refine((at) => at.getTime() > Date.now(), 'must be in the future').nullish(),
});

/** Where several hosts have an environment of that name. */
export const hostQuery = z.strictObject({ host: name.optional() });

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `must be a number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a number from ${min} to ${max}`);

/** Several of them, separated by commas. */
const some = <T extends string>(all: readonly T[]) =>
  z.string().transform((value, context): T[] =>
    value.split(',').flatMap((item) => {
      const found = all.find((known) => known === item);
      if (found === undefined)
        context.addIssue({ code: 'custom', message: `must be some of ${all.join(', ')}` });
      return found ?? [];
    }),
  );

const paging = {
  limit: integer(1, 200).default(50),
  cursor: z.string().transform(readCursor).optional(),
};

/** `GET /v1/runs` */
export const listQuery = z.strictObject({
  ...paging,
  status: some(RUN_STATUSES).optional(),
  /** Several of them, separated by commas. */
  pipeline: text(2048)
    .transform((value) => value.split(','))
    .pipe(z.array(name).max(50))
    .optional(),
  environment: name.optional(),
  host: name.optional(),
  /** When it was accepted: from the one on, and before the other. */
  since: instant.optional(),
  until: instant.optional(),
});

/** The number of an event. */
const eventNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be the number of an event')
  .transform(Number);

const eventPaging = { after: eventNumber.optional(), limit: integer(1, 1000).default(100) };

/** `GET /v1/runs/{id}/events` */
export const runEventsQuery = z.strictObject(eventPaging);

/** `GET /v1/events` */
export const eventsQuery = z.strictObject({ ...eventPaging, environment: name.optional() });

/** The id that a client heard last on a stream that it takes up again; `undefined`: it does not say. */
export function lastEventId(c: ApiContext): number | undefined {
  const id = c.req.header('last-event-id');
  if (id === undefined || id === '') return undefined;
  const parsed = eventNumber.safeParse(id);
  if (parsed.success) return parsed.data;
  throw new ProblemError('invalid-cursor', 'The Last-Event-ID is not one that a stream has given.', {
    nextStep: 'Leave it out to begin anew.',
  });
}

/** `GET /v1/runs/{id}/attempts` */
export const attemptsQuery = z.strictObject(paging);

/** `GET /v1/incidents` */
export const incidentsQuery = z.strictObject({
  ...paging,
  status: some(INCIDENT_STATUSES).optional(),
  environment: name.optional(),
  host: name.optional(),
  component: name.optional(),
});

/** `GET /v1/webhooks/{id}/deliveries` */
export const deliveriesQuery = z.strictObject({ ...paging, state: some(DELIVERY_STATES).optional() });

/** `GET /v1/recovery/metrics` */
export const metricsQuery = z.strictObject({
  environment: name.optional(),
  days: integer(1, 3650).default(30),
});

/** `GET /v1/keys` */
export const keysQuery = z.strictObject({
  limit: paging.limit,
  cursor: z.string().transform(readKeyCursor).optional(),
});

/** `GET /v1/audit` */
export const auditQuery = z.strictObject({
  ...paging,
  key: name.optional(),
  route: name.optional(),
  since: instant.optional(),
});

/** `GET /v1/runs/{id}` */
export const waitQuery = z.strictObject({
  wait: integer(0, MAX_WAIT_SECONDS).default(0),
});

/** `POST /session` */
export const sessionRequest = z.strictObject({
  key: z.string().max(256),
  /** Where a browser goes then. */
  to: z.string().max(2048).optional(),
});

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the members that are there and undefined, as filters want it. */
export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** @throws ProblemError 422 with all that is wrong. */
export function valid<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(zodProblems(parsed.error));
}

/** Reads the query string: what the schema does not know, or what is there twice, is an error. */
export function readQuery<T extends z.ZodType>(c: ApiContext, schema: T): z.infer<T> {
  const query = Object.entries(c.req.queries());
  const repeated = query.filter(([, values]) => values.length > 1);
  if (repeated.length > 0)
    throw invalid(repeated.map(([path]) => ({ path, message: 'must be there once at most' })));
  return valid(schema, Object.fromEntries(query.map(([key, [value]]) => [key, value])));
}

export function invalid(errors: readonly Problem[]): ProblemError {
  const [first] = errors;
  const detail = first === undefined ? 'The request is not valid.' : `${first.path}: ${first.message}`;
  return new ProblemError('validation-error', detail, { errors });
}

const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/;

/** The `Idempotency-Key` header, or `null` where there is none. */
export function idempotencyKey(c: ApiContext): string | null {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return null;
  if (!IDEMPOTENCY_KEY.test(key))
    throw invalid([{ path: 'Idempotency-Key', message: 'must be 1 to 255 characters of printable ASCII' }]);
  return key;
}
