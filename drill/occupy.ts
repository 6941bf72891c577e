import { readFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import type { RpcEndpoint } from '../worker/host/rpc.ts';

/** Never reached on any practice chain: the call waits for it until the daemon ends. */
const FAR_HEIGHT = 2_000_000_000;

/**
 * Keeps that many calls waiting in a daemon: real calls that it answers when the chain is two billion blocks high.
 * They are not repeated when the daemon ends. Hangs up when called.
 */
export async function occupy(endpoint: RpcEndpoint, calls: number): Promise<() => void> {
  const { host, port } = endpoint;
  const body = JSON.stringify({ id: 'drill', method: 'waitforblockheight', params: [FAR_HEIGHT, 0] });
  const login = Buffer.from(await loginOf(endpoint)).toString('base64');
  const request = [
    'POST / HTTP/1.1',
    `Host: ${host}`,
    `Authorization: Basic ${login}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
  const sockets = Array.from({ length: calls }, (): Socket => {
    const socket = createConnection(port, host, () => socket.write(request));
    return socket.on('error', () => {});
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

async function loginOf(endpoint: RpcEndpoint): Promise<string> {
  if ('username' in endpoint) return `${endpoint.username}:${endpoint.password}`;
  return (await readFile(endpoint.cookieFile, 'utf8')).trim();
}
