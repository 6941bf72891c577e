import type { TestApi } from '../support/api.ts';
import { type RawAnswer, rawAnswer, rawText } from '../support/raw.ts';

/** What a request says; the rest is that of a good one. */
export interface Sent {
  /** `null`: this header is left out. */
  headers?: Readonly<Record<string, string | null>>;
  /** Text and bytes are sent as they are, anything else as JSON. */
  body?: unknown;
  /** Nobody known asks for it: it leaves no row in the audit log. */
  unheard?: boolean;
}

/** One request that must not do what it wants, and what it is told instead. */
export interface Attack {
  name: string;
  /** `POST /v1/runs`, or the first words of what is hardly a request. */
  request: string;
  /** `422 validation-error`; the status alone where the answer is no problem document. */
  expected: string;
  send(api: TestApi): Promise<RawAnswer>;
  unheard?: boolean;
}

export type Family = (scene: Scene) => Attack[];

/** What the attacks are made on. */
export interface Scene {
  api: TestApi;
  /** A request for a run that would be accepted. */
  good: Record<string, unknown>;
  /** Keys by their scope, and some that no longer work. */
  keys: Record<'read' | 'run' | 'reset' | 'revoked' | 'expired', string>;
  /** Runs in these states; the queued one waits in the environment `lab`. */
  runs: Record<'queued' | 'cancelled', string>;
  /** Where these lists go on, by their paths. */
  cursors: Readonly<Record<string, string>>;
  /** A webhook that is registered. */
  webhook: string;
  /** The cookie of an admin who has signed in. */
  cookie: string;
}

/** The same request with something else wrong each time. */
export function each(expected: string, request: string, cases: Readonly<Record<string, Sent>>): Attack[] {
  return Object.entries(cases).map(([name, sent]) => attack(expected, request, sent, name));
}

/** The same request with other bodies. */
export function bodies(
  expected: string,
  request: string,
  cases: Readonly<Record<string, unknown>>,
): Attack[] {
  return each(
    expected,
    request,
    mapped(cases, (body) => ({ body })),
  );
}

/** Requests that are wrong by what they ask for. */
export function requests(expected: string, all: readonly string[], sent: Sent = {}): Attack[] {
  return all.map((request) => attack(expected, request, sent, request));
}

/** Bytes that no client would send. */
export function bytes(
  expected: string,
  cases: Readonly<Record<string, readonly (string | Buffer)[]>>,
): Attack[] {
  return Object.entries(cases).map(([name, text]) => ({
    name,
    request: String(text[0]).split('\r\n')[0] ?? '',
    expected,
    unheard: true,
    send: (api) => rawText(api, text),
  }));
}

function attack(expected: string, request: string, sent: Sent, name: string): Attack {
  const { headers = {}, body, unheard = false } = sent;
  const isRaw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = isRaw ? (body ?? '') : JSON.stringify(body);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return {
    name,
    request,
    expected,
    unheard,
    send: (api) => rawAnswer(api, request, { ...type, ...headers }, bytes),
  };
}

export function mapped<In, Out>(
  cases: Readonly<Record<string, In>>,
  change: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(cases).map(([name, value]) => [name, change(value)]));
}
