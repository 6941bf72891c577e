import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { connectionFailure, RpcError, type RpcErrorKind } from './rpc-error.ts';
import { type HttpResponse, post, TooLargeError } from './rpc-http.ts';

export { RpcError, type RpcErrorKind } from './rpc-error.ts';

export type RpcEndpoint = {
  host: string;
  port: number;
  /** Name of a loaded wallet, for calls that need one. */
  wallet?: string;
} & ({ username: string; password: string } | { cookieFile: string });

export interface RpcOptions {
  /** For the whole call, from its start to the last byte of the answer. */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 2_000;
const MAX_REASON_CHARS = 500;
const WARMING_UP = -28;

const Answer = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).nullish(),
});

/**
 * One JSON-RPC call to a bitcoind-style daemon, on a connection of its own: an idle one would delay the
 * daemon's clean stop.
 * @throws {RpcError}
 */
export async function rpcCall(
  endpoint: RpcEndpoint,
  method: string,
  params: readonly unknown[] = [],
  { timeoutMs = DEFAULT_TIMEOUT_MS }: RpcOptions = {},
): Promise<unknown> {
  const fail = (kind: RpcErrorKind, reason: string, code?: number) =>
    new RpcError(kind, { host: endpoint.host, port: endpoint.port, method }, reason, code);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    const { host, port } = endpoint;
    const { authorization, note } = await loginOf(endpoint);
    const body = JSON.stringify({ jsonrpc: '1.0', id: 'davylamp', method, params });
    const path = pathOf(endpoint);
    const response = await post({ host, port, path, authorization, body, signal: deadline.signal });
    return resultOf(response, fail, note);
  } catch (error) {
    if (error instanceof RpcError) throw error;
    if (deadline.signal.aborted) throw fail('timeout', `no answer within ${timeoutMs} ms`);
    if (error instanceof TooLargeError) throw fail('malformed', error.message);
    const { kind, reason } = connectionFailure(error as NodeJS.ErrnoException);
    throw fail(kind, reason);
  } finally {
    clearTimeout(timer);
  }
}

function pathOf({ wallet }: RpcEndpoint): string {
  return wallet === undefined ? '/' : `/wallet/${encodeURIComponent(wallet)}`;
}

type Fail = (kind: RpcErrorKind, reason: string, code?: number) => RpcError;

function resultOf({ status, text }: HttpResponse, fail: Fail, loginNote?: string): unknown {
  if (status === 401)
    throw fail('unauthorized', `HTTP 401, ${loginNote ?? 'these credentials are not accepted'}`);
  if (status === 403) throw fail('forbidden', 'HTTP 403, its rpcallowip allows no calls from this address');
  if (status !== 200 && /work queue depth exceeded/i.test(text)) {
    throw fail('work_queue_full', `HTTP ${status}, work queue depth exceeded`);
  }
  const answer = Answer.safeParse(parseJson(text));
  if (answer.data?.error) {
    const { code, message } = answer.data.error;
    throw fail(code === WARMING_UP ? 'warming_up' : 'error', printable(`${message} (code ${code})`), code);
  }
  if (status === 503) throw fail('unreachable', 'HTTP 503, the daemon is shutting down');
  if (status !== 200 || answer.data?.result === undefined) {
    throw fail('malformed', `HTTP ${status} without a JSON-RPC answer`);
  }
  return answer.data.result;
}

interface Login {
  /** Null sends no credentials: the daemon's own answer then tells more than our missing file. */
  authorization: string | null;
  note?: string;
}

async function loginOf(endpoint: RpcEndpoint): Promise<Login> {
  if ('username' in endpoint) return { authorization: basic(`${endpoint.username}:${endpoint.password}`) };
  try {
    return { authorization: basic((await readFile(endpoint.cookieFile, 'utf8')).trim()) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      authorization: null,
      note: `and the cookie file ${endpoint.cookieFile} cannot be read (${code})`,
    };
  }
}

function basic(userAndPassword: string): string {
  return `Basic ${Buffer.from(userAndPassword).toString('base64')}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, MAX_REASON_CHARS);
}
