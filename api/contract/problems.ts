import { z } from 'zod';

/** Every problem that the API answers with: its status and its title. The codes are part of the API. */
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
  'environment-lost': [409, 'Its host does not serve the environment any more'],
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
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;
export type ProblemStatus = (typeof PROBLEMS)[ProblemCode][0];

/** What the `type` of a problem begins with; its code follows. */
export const PROBLEM_TYPES = 'https://davylamp.dev/problems/';
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** One thing that is wrong with a document. */
export const finding = z
  .strictObject({
    path: z.string().meta({ description: 'Where, such as `stages[3].id`; `$` is the whole.' }),
    message: z.string(),
  })
  .meta({ id: 'Finding' });

/** RFC 9457. */
export const problem = z
  .strictObject({
    type: z
      .string()
      .startsWith(PROBLEM_TYPES)
      .meta({ format: 'uri', description: `\`${PROBLEM_TYPES}\` and the code of the problem.` }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'What is wrong with this request, in a sentence.' }),
    instance: z
      .string()
      .optional()
      .meta({ description: 'The path of the request; absent where it could not be read.' }),
    errors: z.array(finding).optional().meta({ description: 'All that is wrong, each with its place.' }),
    nextStep: z.string().optional().meta({ description: 'What to do about it.' }),
  })
  .meta({ id: 'Problem', description: 'What went wrong: a problem document of RFC 9457.' });

export type Problem = z.output<typeof problem>;
