import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { DavyError } from '../../core/errors.ts';
import type { ApiEnv } from '../context.ts';
import { PROBLEM_MEDIA_TYPE, type ProblemCode } from '../contract/problems.ts';
import { ProblemError, problemDocument, problemResponse } from './problem.ts';

/** For clients that are slow or send too much; long polls and answers are not bounded by them. */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 2_000,
  /** Node would refuse it with an empty answer; the request listener refuses it with a document. */
  requireHostHeader: false,
};
const CLOSE_GRACE_MS = 1_000;
const CLOSE_SWEEP_MS = 20;

export interface ApiServer {
  url: string;
  /** Takes no more connections, ends event streams at once, gives other requests a second and ends them too. */
  close(): Promise<void>;
}

/**
 * Listens; port 0 takes a free one.
 * @throws DavyError `port-taken` or `listen-failed`.
 */
export async function serveApi(
  app: Hono<ApiEnv>,
  { port, bind, limits }: { port: number; bind: string; limits?: Partial<typeof LIMITS> },
): Promise<ApiServer> {
  const closing = new AbortController();
  const fetch = (request: Request, env: object) => app.fetch(request, { ...env, closing: closing.signal });
  const answer = getRequestListener(fetch, { errorHandler: () => problemResponse(unreadable()) });
  const server = createServer({ ...LIMITS, ...limits }, answer);
  server.on('clientError', answerClientError);
  // Expectations that nobody knows may be ignored (RFC 9110, 10.1.1); Node would answer with an empty 417.
  server.on('checkExpectation', answer);
  await listening(server, port, bind);
  let closed: Promise<void> | undefined;
  return {
    url: urlOf(server, bind),
    close: () => {
      closing.abort();
      closed ??= close(server);
      return closed;
    },
  };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    server.listen(port, host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): DavyError {
  const isTaken = error.code === 'EADDRINUSE';
  return new DavyError(
    isTaken ? 'port-taken' : 'listen-failed',
    isTaken ? `Port ${port} of ${host} is taken.` : `Cannot listen on ${host}:${port}: ${error.message}.`,
    { component: 'api', nextStep: 'Set DAVY_PORT or DAVY_BIND to one that is free here.', cause: error },
  );
}

function urlOf(server: Server, bind: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const host = bind === '0.0.0.0' ? '127.0.0.1' : bind === '::' ? '::1' : bind;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    // Those that become idle while others are still at work.
    const sweep = setInterval(() => server.closeIdleConnections(), CLOSE_SWEEP_MS);
    server.close(() => {
      clearTimeout(force);
      clearInterval(sweep);
      resolve();
    });
  });
}

const CLIENT_ERRORS: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'content-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** Answers what never became a request, with the same kind of document. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const { _httpMessage: response } = socket as Socket & { _httpMessage?: ServerResponse };
  if (!socket.writable || response?.headersSent) return void socket.destroy();
  const problem = unreadable(CLIENT_ERRORS[error.code ?? '']);
  const body = problemDocument(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} Problem\r\nConnection: close\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function unreadable(code: ProblemCode = 'malformed-request'): ProblemError {
  return new ProblemError(code, 'The request did not arrive as one that can be answered.');
}
