import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import { UsageError } from '../exit-codes.ts';
import { problemError } from './problem.ts';

export interface ApiAddress {
  url: string;
  apiKey: string;
}

export interface ApiRequest {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  timeoutMs: number;
}

export interface ApiAnswer {
  status: number;
  etag: string | null;
  /** Parsed, where it is JSON; `null` where there is none. */
  body: unknown;
}

const NOT_MODIFIED = 304;
const RETRY_PAUSE_MS = 500;

/**
 * Asks the API once. 304 is an answer.
 * @throws UsageError `api-refused` or `api-unavailable` with the API's own words, or `api-unreachable`.
 */
export async function ask(api: ApiAddress, request: ApiRequest): Promise<ApiAnswer> {
  const response = await reach(api, request);
  const text = await response.text().catch((cause) => {
    throw unreachable(api, cause);
  });
  if (!response.ok && response.status !== NOT_MODIFIED) throw problemError(response.status, text);
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    body: bodyOf(response, text),
  };
}

/**
 * Asks again while the API is away, as during a restart of it or of Postgres, for `patienceMs` at most.
 * `onWait` hears of the first failure. For requests that may be repeated.
 */
export async function askPatiently(
  api: ApiAddress,
  request: ApiRequest,
  { patienceMs, onWait }: { patienceMs: number; onWait?: (reason: string) => void },
): Promise<ApiAnswer> {
  const endsAt = performance.now() + patienceMs;
  for (let tries = 1; ; tries++) {
    try {
      return await ask(api, request);
    } catch (error) {
      if (!passes(error) || performance.now() > endsAt) throw error;
      if (tries === 1) onWait?.(messageOf(error));
      await sleep(RETRY_PAUSE_MS);
    }
  }
}

async function reach(
  { url, apiKey }: ApiAddress,
  { method, path, headers, body, timeoutMs }: ApiRequest,
): Promise<Response> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  try {
    return await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      ...sent,
    });
  } catch (cause) {
    throw unreachable({ url }, cause);
  }
}

function bodyOf(response: Response, text: string): unknown {
  if (text === '') return null;
  return response.headers.get('content-type')?.startsWith('text/markdown') ? text : JSON.parse(text);
}

function passes(error: unknown): boolean {
  return (
    error instanceof UsageError && (error.code === 'api-unreachable' || error.code === 'api-unavailable')
  );
}

function unreachable({ url }: { url: string }, cause: unknown): UsageError {
  return new UsageError('api-unreachable', `The API at ${url} cannot be reached: ${reasonOf(cause)}.`, {
    nextStep: 'Start it with `davy up`, or set DAVY_URL to where it runs.',
    cause,
  });
}

/** fetch says `fetch failed` and keeps the reason to itself. */
function reasonOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause instanceof Error ? error.cause : error);
}
