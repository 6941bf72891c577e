import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { AtEnd } from './endings.ts';

/** A way of our own between Davylamp and a server, for what happens to the way between them. */
export interface Detour {
  /** The given URL by this way. */
  url: string;
  /** Nothing gets through any more and nothing is closed: a partition. */
  stall(): void;
  /** What waited gets through, and everything after it. */
  resume(): void;
  /** Every new connection is accepted and closed at once, and the open ones are cut. */
  hangUp(): void;
}

export async function startDetour(to: string, atEnd: AtEnd): Promise<Detour> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  let mode: 'open' | 'stalled' | 'closed' = 'open';
  const adopt = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    if (mode === 'stalled') socket.pause();
  };
  const server = createServer((client) => {
    if (mode === 'closed') return void client.end();
    const upstream = connect(Number(target.port), target.hostname);
    adopt(client);
    adopt(upstream);
    join(client, upstream);
    join(upstream, client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = new URL(to);
  url.host = `127.0.0.1:${address.port}`;
  return {
    url: url.href,
    stall() {
      mode = 'stalled';
      for (const socket of sockets) socket.pause();
    },
    resume() {
      mode = 'open';
      for (const socket of sockets) socket.resume();
    },
    hangUp() {
      mode = 'closed';
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** By hand and not by `pipe`, which resumes what is to stay paused. */
function join(from: Socket, to: Socket): void {
  from.on('data', (chunk) => to.write(chunk));
  from.once('close', () => to.destroy());
}
