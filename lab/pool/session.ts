import type { Socket } from 'node:net';
import { readLines } from '../protocol/lines.ts';
import type { Job } from './job.ts';
import { parseMessage } from './messages.ts';
import { type Peer, type StratumContext, StratumDialogue } from './stratum.ts';

const MAX_LINE_LENGTH = 16 * 1024;
const MAX_UNSENT_BYTES = 1024 * 1024;

/** How long a session may stay silent. */
export interface SilenceLimits {
  /** From connecting to having subscribed and logged in. */
  readonly handshakeMs: number;
  /** Between two messages. */
  readonly idleMs: number;
}

/** One miner's connection. */
export interface Session {
  notify(job: Job, cleanJobs: boolean): void;
  /** Closes the session if it has been silent for too long. `now` is of the `performance` clock. */
  closeIfSilent(now: number, limits: SilenceLimits): void;
  close(reason: string): void;
}

/** Speaks Stratum v1 with one socket until either side closes it. A fault of the miner ends only this session. */
export function openSession(socket: Socket, extranonce1: Buffer, context: StratumContext): Session {
  const peer = peerOf(socket, context);
  const dialogue = new StratumDialogue(context, peer, extranonce1);
  const openedAt = performance.now();
  let lastMessageAt = openedAt;

  const onLine = (line: string) => {
    if (!socket.writable) return;
    const message = parseMessage(line);
    lastMessageAt = performance.now();
    if (message === undefined) peer.close('malformed message');
    else dialogue.handle(message);
  };
  const onOverflow = () => peer.close('line too long');

  socket.setNoDelay(true);
  socket.on('data', readLines({ maxLineLength: MAX_LINE_LENGTH, onLine, onOverflow }));
  // A reset needs no handling: 'close' follows.
  socket.on('error', () => {});

  return {
    notify: (job, cleanJobs) => dialogue.notify(job, cleanJobs),
    close: peer.close,
    closeIfSilent(now, limits) {
      if (now - lastMessageAt > limits.idleMs) peer.close('idle');
      if (!dialogue.isWorking() && now - openedAt > limits.handshakeMs) peer.close('no login');
    },
  };
}

function peerOf(socket: Socket, context: StratumContext): Peer {
  const name = `${socket.remoteAddress}:${socket.remotePort}`;
  let closing = false;
  return {
    name,
    send(line) {
      if (!socket.writable) return;
      socket.write(line);
      if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
    },
    close(reason) {
      // The first call lets the last answer out; another one does not wait for a miner that does not read.
      if (closing) {
        socket.destroy();
        return;
      }
      closing = true;
      context.log(`Session ${name} closed: ${reason}`);
      socket.destroySoon();
    },
  };
}
