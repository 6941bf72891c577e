import { connect, type Socket } from 'node:net';
import { parseMessage, request, type StratumMessage } from './stratum-wire.ts';

/** How a connection ended: never opened, or closed after it was open. */
export type ConnectionEnd = { outcome: 'refused' | 'unreachable' | 'closed'; detail: string };

export interface StratumEvents {
  onOpen(): void;
  onMessage(message: StratumMessage): void;
  /** Called once; not after our own close(). */
  onEnd(end: ConnectionEnd): void;
}

export interface StratumConnection {
  /** Sends a request and returns its id. */
  send(method: string, params: readonly unknown[]): number;
  close(): void;
}

const MAX_LINE_BYTES = 1024 * 1024;

/** Lines of JSON over TCP, and nothing about their order or meaning. */
export function openStratum(host: string, port: number, events: StratumEvents): StratumConnection {
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  let isOpen = false;
  let isOver = false;
  let lastId = 0;

  function end(reason: ConnectionEnd): void {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    events.onEnd(reason);
  }

  socket.once('connect', () => {
    isOpen = true;
    events.onOpen();
  });
  readLines(socket, (line) => {
    if (!isOver) events.onMessage(parseMessage(line));
  });
  socket.on('error', (error: NodeJS.ErrnoException) => end(failure(error, isOpen)));
  socket.once('end', () => end({ outcome: 'closed', detail: 'the pool closed the connection' }));
  socket.once('close', () => end({ outcome: 'closed', detail: 'the connection is closed' }));

  return {
    send(method, params) {
      lastId += 1;
      if (!isOver) socket.write(request(lastId, method, params));
      return lastId;
    },
    close() {
      isOver = true;
      socket.destroy();
    },
  };
}

function failure(error: NodeJS.ErrnoException, wasOpen: boolean): ConnectionEnd {
  const detail = error.code ?? error.message;
  if (wasOpen) return { outcome: 'closed', detail: `the connection broke off (${detail})` };
  if (error.code === 'ECONNRESET')
    return { outcome: 'closed', detail: 'the pool broke off the connection at once' };
  if (error.code === 'ECONNREFUSED')
    return { outcome: 'refused', detail: 'connection refused, nobody listens there' };
  return { outcome: 'unreachable', detail };
}

/** A line without an end is handed on once it is too long, to be found malformed. */
function readLines(socket: Socket, onLine: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
    if (rest.length > MAX_LINE_BYTES) {
      onLine(rest.slice(0, MAX_LINE_BYTES));
      rest = '';
    }
  });
}
