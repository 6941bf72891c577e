import { z } from 'zod';
import { type Problem, zodProblems } from '../core/errors.ts';
import { RESET_TYPES } from '../core/reset.ts';
import { RUN_STATUSES, type RunStatus } from '../core/run.ts';
import type { ApiContext } from './context.ts';
import { readCursor } from './cursor.ts';
import { isStorable } from './json.ts';
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

/** Where several hosts have an environment of that name. */
export const hostQuery = z.strictObject({ host: name.optional() });

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `must be a number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a number from ${min} to ${max}`);

const statuses = z.string().transform((value, context): RunStatus[] =>
  value.split(',').flatMap((item) => {
    const status = RUN_STATUSES.find((known) => known === item);
    if (status === undefined)
      context.addIssue({ code: 'custom', message: `must be some of ${RUN_STATUSES.join(', ')}` });
    return status ?? [];
  }),
);

/** `GET /v1/runs` */
export const listQuery = z.strictObject({
  limit: integer(1, 200).default(50),
  cursor: z.string().transform(readCursor).optional(),
  status: statuses.optional(),
  pipeline: name.optional(),
  environment: name.optional(),
  host: name.optional(),
});

/** `GET /v1/runs/{id}` */
export const waitQuery = z.strictObject({
  wait: integer(0, MAX_WAIT_SECONDS).default(0),
});

const sessionRequest = z.strictObject({ key: z.string().max(256) });

/** The key that a sign-in presents. */
export function keyOf(body: unknown): string {
  return valid(sessionRequest, body).key;
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
