import type { Hono } from 'hono';
import { type ClientRequestOptions, hc } from 'hono/client';
import type { BlankEnv, ResponseFormat } from 'hono/types';
import type { StatusCode } from 'hono/utils/http-status';
import type { ApiRoute } from './contract/index.ts';
import type { Problem, ProblemStatus } from './contract/problems.ts';
import type { Answers, Given } from './contract/types.ts';

export type { Attempt, LoggedAttempt } from './contract/attempts.ts';
export type { Environment, EnvironmentSummary } from './contract/environment.ts';
export type { Event, StreamEnd } from './contract/events.ts';
export type { AuditedCall, Key } from './contract/keys.ts';
export type { Problem, ProblemCode } from './contract/problems.ts';
export type { Incident } from './contract/recoveries.ts';
export type { IncidentReport } from './contract/report.ts';
export type { Run, RunRequest, RunSummary } from './contract/run.ts';
export type { Delivery, Webhook } from './contract/webhooks.ts';

/** The API as a type: what each route takes, and what it may answer. */
export type DavylampApi = Hono<BlankEnv, Schema, '/'>;

type PathOf<R> = R extends `${string} ${infer Path}` ? Path : never;

type Schema = {
  [Path in PathOf<ApiRoute>]: {
    [R in Extract<ApiRoute, `${string} ${Path}`> as R extends `${infer Method} ${string}`
      ? `$${Lowercase<Method>}`
      : never]: EndpointOf<R>;
  };
};

type EndpointOf<R extends ApiRoute> = Answered<R, Answers<R>> | Answer<R, Problem, 'json', ProblemStatus>;

type Answered<R extends ApiRoute, A> = A extends {
  status: infer Status extends StatusCode;
  type: infer Type;
  document: infer Document;
}
  ? Answer<R, Document, FormatOf<Type>, Status>
  : never;

type FormatOf<Type> = Type extends 'application/json' ? 'json' : Type extends string ? 'text' : 'body';

// No interface: Hono looks for its own index signatures, which only a type can have without saying so.
type Answer<R extends ApiRoute, Output, Format extends ResponseFormat, Status extends StatusCode> = {
  input: Given<R>;
  output: Output;
  outputFormat: Format;
  status: Status;
};

export interface ClientOptions {
  /** `davy_...`; for probes none is needed. */
  apiKey?: string;
  /** As `fetch`, for those who want deadlines or retries of their own. */
  fetch?: typeof fetch;
  /** For every request, such as a signal that ends it. */
  init?: ClientRequestOptions['init'];
}

/**
 * A client of the API at that address. `client.v1.runs[':id'].$get({ param: { id }, query: {} })` answers as `fetch`
 * does; where `response.ok`, its `json()` is the document of the contract, else a `Problem`.
 */
export function davylampClient(url: string, { apiKey, fetch, init }: ClientOptions = {}) {
  return hc<DavylampApi>(url, {
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    ...(fetch && { fetch }),
    ...(init && { init }),
  });
}

export type DavylampClient = ReturnType<typeof davylampClient>;
