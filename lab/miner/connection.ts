import { createConnection, type Socket } from 'node:net';
import { readLines } from '../protocol/lines.ts';

const MAX_LINE_LENGTH = 4 * 1024 * 1024;

/** Why a connection ended. */
export type ConnectionEnd =
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'timed out' };

/** A message of the pool: an answer when it has an id that we sent, else a notification. */
export interface PoolMessage {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Where the pool is, and what happens on the way. */
export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Also the limit for connecting. */
  readonly timeoutMs: number;
  onOpen(): void;
  onMessage(message: PoolMessage): void;
  /** Called once, last. */
  onEnd(end: ConnectionEnd): void;
}

/** An open or opening connection to a pool. */
export interface Connection {
  send(message: object): void;
  close(): void;
}

/** Connects to a pool. Silence, a line that is not JSON or one of more than 4 MiB end the connection. */
export function connect(options: ConnectionOptions): Connection {
  const socket = createConnection(options.port, options.host);
  let end: ConnectionEnd = { kind: 'failed', reason: 'Connection closed' };

  const silence = setTimeout(() => {
    const opened = end.kind === 'interrupted';
    end = opened ? { kind: 'timed out' } : { kind: 'failed', reason: 'Connection timed out' };
    socket.destroy();
  }, options.timeoutMs);

  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  socket.on('connect', () => {
    end = { kind: 'interrupted' };
    options.onOpen();
  });
  socket.on('error', (error) => {
    if (end.kind === 'failed') end = { kind: 'failed', reason: reasonOf(error, options) };
  });
  socket.on('close', () => {
    clearTimeout(silence);
    options.onEnd(end);
  });
  receive(socket, (message) => {
    silence.refresh();
    options.onMessage(message);
  });

  return {
    send(message) {
      if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
    },
    close: () => socket.destroy(),
  };
}

function receive(socket: Socket, onMessage: (message: PoolMessage) => void): void {
  const onLine = (line: string) => {
    if (socket.destroyed) return;
    const message = parseMessage(line);
    if (message === undefined) socket.destroy();
    else onMessage(message);
  };
  socket.on(
    'data',
    readLines({ maxLineLength: MAX_LINE_LENGTH, onLine, onOverflow: () => socket.destroy() }),
  );
}

function parseMessage(line: string): PoolMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: NodeJS.ErrnoException, { host, port }: ConnectionOptions): string {
  const what = error.code === 'ECONNREFUSED' ? 'Connection refused' : error.message;
  return `Failed to connect to ${host} port ${port}: ${what}`;
}
