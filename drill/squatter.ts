import { createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const TRY_MS = 10;
const PATIENCE_MS = 5_000;

/**
 * Takes a TCP port as another program would: takes connections and says nothing. Gives it back when called.
 * @throws where somebody holds it for longer than 5 s
 */
export async function takePort(port: number): Promise<() => Promise<void>> {
  const endsAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const release = await tryToTake(port);
    if (release) return release;
    if (performance.now() > endsAt) throw new Error(`port ${port} could not be taken`);
    await pause(TRY_MS);
  }
}

/** Takes a TCP port at once; `null`: somebody else has it. */
export async function tryToTake(port: number): Promise<(() => Promise<void>) | null> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  const taken = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
  if (!taken) return null;
  return async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
}
