import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { ProxyState } from './proxy-faults.ts';

const ANSWERS = {
  warming_up: { code: -28, message: 'Loading block index...' },
  incompatible: { code: -8, message: 'getblocktemplate must be called with the quux rule set in "rules"' },
} as const;

/** Stands between a daemon's RPC and its clients. */
export function rpcProxy(state: ProxyState, innerPort: number): Server {
  const server = createServer(async (incoming, outgoing) => {
    outgoing.on('error', () => {});
    const body = await read(incoming).catch(() => null);
    if (body === null || state.fault === 'mute') return;
    if (state.fault === 'garbage') outgoing.end('<html>It works!</html>');
    else if (state.fault === 'warming_up') answer(outgoing, ANSWERS.warming_up);
    else if (state.fault === 'incompatible' && /"getblocktemplate"/.test(body))
      answer(outgoing, ANSWERS.incompatible);
    else forward(incoming, body, outgoing, innerPort);
  });
  server.on('connection', (socket) => {
    if (state.fault === 'hang_up') socket.resetAndDestroy();
  });
  // An idle connection would delay the daemon's clean stop.
  server.keepAliveTimeout = 1;
  return server;
}

async function read(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function answer(outgoing: ServerResponse, error: { code: number; message: string }): void {
  outgoing.writeHead(500, { 'content-type': 'application/json', connection: 'close' });
  outgoing.end(JSON.stringify({ result: null, error, id: 1 }));
}

function forward(incoming: IncomingMessage, body: string, outgoing: ServerResponse, port: number): void {
  const { method, url: path, headers } = incoming;
  const inner = request(
    { host: '127.0.0.1', port, method, path, headers: { ...headers, connection: 'close' }, agent: false },
    (answered) => {
      outgoing.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(outgoing);
    },
  );
  inner.on('error', () => outgoing.destroy());
  outgoing.on('close', () => inner.destroy());
  inner.end(body);
}
