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

/** Sends a request byte by byte as it is told, with what no HTTP client would send; a header of `null` is left out. */
export async function rawAnswer(
  api: TestApi,
  requestLine: string,
  headers: Readonly<Record<string, string | null>> = {},
  body: string | Buffer = '',
): Promise<RawAnswer> {
  const isChunked = headers['transfer-encoding'] === 'chunked';
  const all = {
    host: new URL(api.url).host,
    connection: 'close',
    authorization: `Bearer ${api.key}`,
    ...(body.length > 0 && !isChunked ? { 'content-length': `${Buffer.byteLength(body)}` } : {}),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => (value === null ? '' : `${name}: ${value}\r\n`));
  return await rawText(api, [
    `${requestLine} HTTP/1.1\r\n${head.join('')}\r\n`,
    isChunked ? chunked(Buffer.from(body)) : body,
  ]);
}

/** Sends these very bytes, and reads until the server hangs up. */
export async function rawText(api: TestApi, text: readonly (string | Buffer)[]): Promise<RawAnswer> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  // Cut off in the middle of a body that is too large, which is what some of the tests are about.
  socket.on('error', () => {});
  for (const part of text) if (part.length > 0) socket.write(part);
  await once(socket, 'close', { signal: AbortSignal.timeout(20_000) });
  return parse(Buffer.concat(parts).toString());
}

function chunked(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const body = bodyOf(end === -1 ? '' : text.slice(end + 4), headers);
  const code = /davylamp\.dev\/problems\/([\w-]+)/.exec(body)?.[1] ?? '';
  return { status: Number(statusLine.split(' ')[1]), code, headers, body };
}

function bodyOf(text: string, headers: Record<string, string>): string {
  if (headers['transfer-encoding'] !== 'chunked') return text;
  let body = '';
  for (let rest = text; ; ) {
    const [, size = '0'] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? [];
    const length = Number.parseInt(size, 16);
    if (length === 0) return body;
    const start = size.length + 2;
    body += rest.slice(start, start + length);
    rest = rest.slice(start + length + 2);
  }
}
