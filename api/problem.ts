import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { DavyError, messageOf, type Problem } from '../core/errors.ts';
import type { ApiContext, Log } from './context.ts';
import { withoutKeys } from './without-keys.ts';

const TYPES = 'https://davylamp.dev/problems/';
export const PROBLEM_TYPE = 'application/problem+json';

/** Every problem that the API answers with. The codes are part of the API. */
export const PROBLEMS = {
  'malformed-request': [400, 'The request cannot be read'],
  'malformed-json': [400, 'The body is not JSON'],
  'malformed-envelope': [400, 'The text holds no pipeline request'],
  'invalid-cursor': [400, 'The cursor is not one of ours'],
  unauthenticated: [401, 'No valid API key'],
  'insufficient-scope': [403, 'The API key may not do this'],
  csrf: [403, 'The request comes from another site'],
  'not-found': [404, 'There is nothing here'],
  'unknown-run': [404, 'There is no such run'],
  'unknown-incident': [404, 'There is no such incident'],
  'unknown-webhook': [404, 'There is no such webhook'],
  'unknown-key': [404, 'There is no such API key'],
  'unknown-pipeline': [404, 'There is no such pipeline'],
  'method-not-allowed': [405, 'The method is not allowed here'],
  'request-timeout': [408, 'The request took too long to arrive'],
  'unknown-delivery': [404, 'There is no such delivery'],
  'unknown-environment': [404, 'There is no such environment'],
  'state-conflict': [409, 'That cannot be done now'],
  'confirmation-mismatch': [412, 'The confirmation names another environment'],
  'confirmation-required': [428, 'This destroys data and wants a confirmation'],
  'reset-not-allowed': [422, 'The environment may not be reset'],
  'ambiguous-host': [409, 'Several hosts have this working directory'],
  'content-too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'The content type is not supported'],
  'validation-error': [422, 'The request is not valid'],
  'idempotency-key-reused': [422, 'The Idempotency-Key belongs to another request'],
  'unknown-host': [422, 'There is no such host'],
  'working-directory-not-allowed': [422, 'The working directory is not allowed'],
  'environment-not-found': [422, 'The working directory belongs to no environment'],
  'webhook-target-not-allowed': [422, 'Webhooks may not call this address'],
  'too-many-requests': [429, 'Too many requests'],
  'rate-limited': [429, 'The budget of requests is used up'],
  'headers-too-large': [431, 'The headers are too large'],
  'internal-error': [500, 'Something went wrong on our side'],
  'database-unavailable': [503, 'The database does not answer'],
  'queue-unavailable': [503, 'The queue does not answer'],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

interface ProblemDetails {
  errors?: readonly Problem[];
  nextStep?: string;
  headers?: Readonly<Record<string, string>>;
}

/** An answer that is a problem document: thrown anywhere in a handler. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, detail: string, details: ProblemDetails = {}) {
    super(detail);
    this.name = 'ProblemError';
    this.code = code;
    this.details = details;
  }

  get status(): ContentfulStatusCode {
    return PROBLEMS[this.code][0];
  }
}

/**
 * The document of RFC 9457. `instance` is the path alone, because a query may hold what nobody should read
 * again; it is left out where the request could not even be read.
 */
export function problemDocument(problem: ProblemError, instance?: string): string {
  const [status, title] = PROBLEMS[problem.code];
  const { errors, nextStep } = problem.details;
  const type = `${TYPES}${problem.code}`;
  return JSON.stringify({ type, title, status, detail: problem.message, instance, errors, nextStep });
}

export function problemResponse(problem: ProblemError, instance?: string): Response {
  return new Response(problemDocument(problem, instance), {
    status: problem.status,
    headers: { ...problem.details.headers, 'Content-Type': PROBLEM_TYPE },
  });
}

/** The one way from an error to an answer. What was not meant for the client is logged and not told. */
export function answerError(error: unknown, c: ApiContext, log: Log): Response {
  const problem = toProblem(error);
  if (problem.status >= 500)
    log(problem.status === 500 ? 'error' : 'warn', problem.code, {
      requestId: c.get('requestId'),
      path: withoutKeys(c.req.path),
      ...reasonOf(error),
    });
  return problemResponse(problem, c.req.path);
}

/** The problem that an error is answered with. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof DavyError && error.code === 'database-unavailable')
    return new ProblemError('database-unavailable', 'Postgres is down or too slow at the moment.', {
      nextStep: 'Repeat the request in a moment; with an Idempotency-Key a repetition starts no second run.',
      headers: { 'Retry-After': '2' },
    });
  return new ProblemError('internal-error', 'The request failed; the log of the API says why.');
}

/** Without the messages around the cause: those of the database driver quote statements and their values. */
function reasonOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { reason: messageOf(error) };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return { reason: messageOf(error.cause ?? error), stack: frames.slice(0, 15).join('\n') };
}
