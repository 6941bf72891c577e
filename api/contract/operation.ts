import type { z } from 'zod';
import type { Scope } from '../../core/scope.ts';
import type { HeaderName } from './headers.ts';
import type { ProblemCode } from './problems.ts';

export type Tag =
  | 'Runs'
  | 'Events'
  | 'Incidents'
  | 'Environments'
  | 'Pipelines'
  | 'Webhooks'
  | 'Keys'
  | 'Metrics'
  | 'Probes';

export interface Answer {
  description: string;
  /** What it may hold, by media type; absent: nothing. */
  content?: Readonly<Record<string, z.ZodType>>;
  /** Those that every such answer has. */
  headers?: readonly HeaderName[];
  /** Those that some such answers have. */
  mayHave?: readonly HeaderName[];
}

/** Of bodies in general. */
export const JSON_BYTES_MAX = 64 * 1024;

export interface RequestBody {
  /** By media type. */
  content: Readonly<Record<string, z.ZodType>>;
  maxBytes: number;
}

/** What the API promises of one route. */
export interface Operation {
  /** `operationId`: the name of the call in generated clients. */
  id: string;
  tag: Tag;
  scope: Scope | 'public';
  summary: string;
  description?: string;
  params?: z.ZodObject;
  /** The problem of a path with such a parameter that is not there, or could not be. */
  unknown?: Readonly<Record<string, ProblemCode>>;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: RequestBody;
  /** By status. Problems are not among them. */
  answers: Readonly<Record<number, Answer>>;
  /** Beside those that follow from scope, query and body. */
  problems?: readonly ProblemCode[];
}

export type Operations = Readonly<Record<`${'GET' | 'POST' | 'DELETE'} /${string}`, Operation>>;

/** Whether calls of the route count against a budget. */
export function isLimited(route: string): boolean {
  return route.includes(' /v1/');
}

/** The problems that a route may answer with. Those of the transport and of other methods are no route's own. */
export function problemsOf(route: string, operation: Operation): ProblemCode[] {
  const { scope, query, headers, body, unknown = {}, problems = [] } = operation;
  const own: (ProblemCode | false | undefined)[] = [
    ...(scope === 'public'
      ? []
      : (['unauthenticated', 'insufficient-scope', 'database-unavailable'] as const)),
    isLimited(route) && 'rate-limited',
    ...Object.values(unknown),
    (query ?? body) !== undefined && 'validation-error',
    query !== undefined && 'cursor' in query.shape && 'invalid-cursor',
    headers !== undefined && 'Idempotency-Key' in headers.shape && 'validation-error',
    headers !== undefined && 'Last-Event-ID' in headers.shape && 'invalid-cursor',
    ...(body ? BODY_PROBLEMS : []),
    ...problems,
  ];
  return [...new Set(own.filter((code) => typeof code === 'string'))];
}

const BODY_PROBLEMS = [
  'malformed-request',
  'malformed-json',
  'content-too-large',
  'unsupported-media-type',
] as const satisfies readonly ProblemCode[];
