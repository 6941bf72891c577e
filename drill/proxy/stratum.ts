import { createConnection, createServer, type Server, type Socket } from 'node:net';
import type { ProxyState } from './proxy-faults.ts';

interface Line {
  id?: unknown;
  method?: string;
}

/** Stands between a pool and its miners, and reads every line of both. */
export function stratumProxy(state: ProxyState, innerPort: number): Server {
  let firstJob: string | null = null;
  return createServer((miner) => {
    if (state.fault === 'hang_up') {
      miner.resetAndDestroy();
      return;
    }
    // Probes open sessions as well: the fault is for the first that hands in a share.
    const isCandidate = state.fault === 'reject_next_session';
    let isRejected = false;
    const pool = createConnection(innerPort, '127.0.0.1');
    const write = (socket: Socket, line: string) => {
      if (socket.writable) socket.write(`${line}\n`);
    };
    eachLine(miner, (line) => {
      const { id, method } = parse(line);
      if (state.fault === 'mute') return;
      if (isCandidate && method === 'mining.submit' && state.fault === 'reject_next_session') {
        state.fault = null;
        isRejected = true;
      }
      if (state.fault === 'garbage') write(miner, 'HTTP/1.1 400 Bad Request');
      else if (state.fault === 'refuse_logins' && method === 'mining.authorize')
        write(miner, no(id, 24, 'Unauthorized worker'));
      else if (isRejected && method === 'mining.submit') write(miner, no(id, 23, 'Low difficulty share'));
      else write(pool, line);
    });
    eachLine(pool, (line) => {
      const isJob = parse(line).method === 'mining.notify';
      if (isJob) firstJob ??= line;
      if (state.fault === 'mute' || state.fault === 'garbage') return;
      if (isJob && state.fault === 'no_job') return;
      write(miner, isJob && state.fault === 'old_job' && firstJob !== null ? firstJob : line);
    });
    together(miner, pool);
  });
}

function no(id: unknown, code: number, reason: string): string {
  return JSON.stringify({ id, result: null, error: [code, reason, null] });
}

function parse(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return {};
  }
}

function eachLine(socket: Socket, onLine: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

/** What ends one side ends the other. */
function together(one: Socket, other: Socket): void {
  for (const socket of [one, other]) socket.setNoDelay(true).on('error', () => {});
  one.on('close', () => other.destroy());
  other.on('close', () => one.destroy());
}
