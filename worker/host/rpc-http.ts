import { type IncomingMessage, request } from 'node:http';

export interface HttpPost {
  host: string;
  port: number;
  path: string;
  authorization: string | null;
  body: string;
  /** Ends the exchange wherever it stands. */
  signal: AbortSignal;
}

export interface HttpResponse {
  status: number;
  text: string;
}

const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

export class TooLargeError extends Error {}

/**
 * One POST on a connection of its own, which is closed after it.
 * @throws {TooLargeError} for an answer of more than 64 MiB
 */
export function post({ host, port, path, authorization, body, signal }: HttpPost): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      ...(authorization !== null && { Authorization: authorization }),
    };
    const outgoing = request({ host, port, path, method: 'POST', agent: false, signal, headers });
    outgoing.once('response', (incoming) => {
      readBody(incoming).then((text) => resolve({ status: incoming.statusCode ?? 0, text }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES)
      throw new TooLargeError(`the answer is larger than ${MAX_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
