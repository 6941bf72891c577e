import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * What lies between two ends. `open`: nothing; `stalled`: connections stay and carry nothing; `cut`: they are reset,
 * new ones too; `closed`: they end in order, new ones as soon as they are there, as with a passage whose target is gone.
 */
export type Way = 'open' | 'stalled' | 'cut' | 'closed';

/** A way from here to a server on 127.0.0.1 that can be taken away. */
export interface Passage {
  port: number;
  set(way: Way): void;
  close(): Promise<void>;
}

export async function openPassage(targetPort: number): Promise<Passage> {
  let way: Way = 'open';
  const sockets = new Set<Socket>();
  const held: [Socket, Socket][] = [];
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  };
  const join = (client: Socket) => {
    const server = connect(targetPort, '127.0.0.1');
    track(server);
    held.push([client, server]);
    client.pipe(server);
    server.pipe(client);
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
    if (way === 'stalled') stall(client, server);
  };
  const listener = createServer({ allowHalfOpen: false }, (client) => {
    track(client);
    if (way === 'cut') client.resetAndDestroy();
    else if (way === 'closed') client.end();
    else join(client);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the passage has no port');
  return {
    port: address.port,
    set(next) {
      way = next;
      for (const socket of sockets) {
        if (next === 'cut') socket.resetAndDestroy();
        else if (next === 'closed') socket.end();
      }
      const pairs = held.splice(0).filter(([client, server]) => !client.destroyed && !server.destroyed);
      for (const pair of pairs) {
        if (next === 'stalled') stall(...pair);
        if (next === 'open') flow(...pair);
      }
      held.push(...pairs);
    },
    async close() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function stall(client: Socket, server: Socket): void {
  for (const socket of [client, server]) {
    socket.unpipe();
    socket.pause();
  }
}

function flow(client: Socket, server: Socket): void {
  client.unpipe().pipe(server);
  server.unpipe().pipe(client);
}
