import { createServer, type Server, type Socket } from 'node:net';

/** Holds TCP ports, as another program would: takes connections and says nothing. */
export class Squatter {
  readonly #servers = new Map<number, { server: Server; sockets: Set<Socket> }>();

  /** Takes a port. `false`: somebody else has it already, which is just as well. */
  async take(port: number): Promise<boolean> {
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
    if (taken) this.#servers.set(port, { server, sockets });
    return taken;
  }

  /** Gives all ports back. */
  async release(): Promise<void> {
    const held = [...this.#servers.values()];
    this.#servers.clear();
    await Promise.all(
      held.map(async ({ server, sockets }) => {
        for (const socket of sockets) socket.destroy();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      }),
    );
  }
}
