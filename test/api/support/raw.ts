import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestApi } from './api.ts';

export interface RawAnswer {
  status: number;
  /** The last part of the problem's type. */
  code: string;
  headers: Record<string, string>;
  body: string;
}

/** Sends a request byte by byte as it is told, with what no HTTP client would send. */
export async function rawAnswer(
  api: TestApi,
  requestLine: string,
  headers: Record<string, string> = {},
  body: string | Buffer = '',
): Promise<RawAnswer> {
  const { port, host } = new URL(api.url);
  const isChunked = headers['transfer-encoding'] === 'chunked';
  const all = {
    host,
    connection: 'close',
    authorization: `Bearer ${api.key}`,
    ...(body.length > 0 && !isChunked ? { 'content-length': `${Buffer.byteLength(body)}` } : {}),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(Number(port), '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  // Cut off in the middle of a body that is too large, which is what some of the tests are about.
  socket.on('error', () => {});
  socket.write(`${requestLine} HTTP/1.1\r\n${head.join('')}\r\n`);
  socket.write(isChunked ? chunked(Buffer.from(body)) : body);
  await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
  return parse(Buffer.concat(parts).toString());
}

function chunked(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
}

function parse(text: string): RawAnswer {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const code = /davylamp\.dev\/problems\/([\w-]+)/.exec(body)?.[1] ?? '';
  return { status: Number(statusLine.split(' ')[1]), code, headers, body };
}
