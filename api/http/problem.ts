import { isDatabaseAway, messageOf, type Problem } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { ApiContext } from '../context.ts';
import {
  PROBLEM_MEDIA_TYPE,
  PROBLEM_TYPES,
  PROBLEMS,
  type ProblemCode,
  type ProblemStatus,
} from '../contract/problems.ts';
import { redactKeys } from './redact-keys.ts';

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

  get status(): ProblemStatus {
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
  const type = `${PROBLEM_TYPES}${problem.code}`;
  return JSON.stringify({ type, title, status, detail: problem.message, instance, errors, nextStep });
}

export function problemResponse(problem: ProblemError, instance?: string): Response {
  return new Response(problemDocument(problem, instance), {
    status: problem.status,
    headers: { ...problem.details.headers, 'Content-Type': PROBLEM_MEDIA_TYPE },
  });
}

/** The one way from an error to an answer. What was not meant for the client is logged and not told. */
export function answerError(error: unknown, c: ApiContext, log: Log): Response {
  const problem = toProblem(error);
  if (problem.status >= 500)
    log(problem.status === 500 ? 'error' : 'warn', problem.code, {
      requestId: c.get('requestId'),
      path: redactKeys(c.req.path),
      ...reasonOf(error),
    });
  return problemResponse(problem, c.req.path);
}

/** The problem that an error is answered with. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (isDatabaseAway(error))
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
