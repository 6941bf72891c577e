import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import type { DaemonConfig } from './config.ts';

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const RPC_FAILED_STATUS = 500;
const OK_STATUS = 200;

/** The daemon did not answer, or not with JSON-RPC: refused, timed out, wrong credentials, shutting down. */
export class DaemonUnreachable extends Error {
  override readonly name = 'DaemonUnreachable';
}

/** The daemon answered a call with an error; `code` is the daemon's own, -28 for warming up. */
export class DaemonRefusal extends Error {
  override readonly name = 'DaemonRefusal';
  readonly method: string;
  readonly code: number;

  constructor(method: string, code: number, message: string) {
    super(message);
    this.method = method;
    this.code = code;
  }
}

/** JSON-RPC to the daemon. Calls throw `DaemonUnreachable` or `DaemonRefusal`. */
export interface Daemon {
  call(method: string, params: readonly unknown[]): Promise<unknown>;
}

/** A client that opens one connection per call, because an idle one delays the daemon's clean stop by 30 s. */
export function createDaemon(config: DaemonConfig): Daemon {
  return {
    async call(method, params) {
      const authorization = await readAuthorization(config);
      const { status, body } = await post(config, authorization, JSON.stringify({ id: 1, method, params }));
      return readAnswer(method, status, body);
    },
  };
}

async function readAuthorization(config: DaemonConfig): Promise<string> {
  const login =
    config.cookieFile === undefined ? `${config.username}:${config.password}` : await cookie(config);
  return `Basic ${Buffer.from(login).toString('base64')}`;
}

async function cookie(config: DaemonConfig): Promise<string> {
  try {
    return (await readFile(config.cookieFile ?? '', 'utf8')).trim();
  } catch (error) {
    throw new DaemonUnreachable(`no cookie: ${reasonOf(error)}`);
  }
}

function post(config: DaemonConfig, authorization: string, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      call.destroy(new Error(`no answer within ${config.timeoutMs} ms`));
    }, config.timeoutMs);
    const fail = (error: unknown) => {
      clearTimeout(timer);
      reject(new DaemonUnreachable(reasonOf(error)));
    };
    const headers = { authorization, 'content-type': 'application/json' };
    const call = request({ host: config.host, port: config.port, method: 'POST', headers, agent: false });
    call.on('error', fail);
    call.on('response', (response) => {
      collect(response).then((answer) => {
        clearTimeout(timer);
        resolve(answer);
      }, fail);
    });
    call.end(body);
  });
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function collect(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`answer of more than ${MAX_ANSWER_BYTES} bytes`);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() };
}

function readAnswer(method: string, status: number, body: string): unknown {
  const answer = status === OK_STATUS || status === RPC_FAILED_STATUS ? parseAnswer(body) : undefined;
  if (answer === undefined) throw new DaemonUnreachable(statusText(status, body));
  if (answer.error) throw new DaemonRefusal(method, answer.error.code, answer.error.message);
  return answer.result;
}

function parseAnswer(body: string): RpcAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}

interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string } | null;
}

function statusText(status: number, body: string): string {
  if (status === 401) return 'HTTP 401, wrong RPC username or password';
  return `HTTP ${status} ${body.slice(0, 200).trim()}`.trim();
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
