import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import type { StratumConfig } from './config.ts';
import { EXTRANONCE1_BYTES, type Job } from './job.ts';
import type { Log } from './log.ts';
import { openSession, type Session } from './session.ts';
import type { StratumContext } from './stratum.ts';

const MAX_SESSIONS = 256;
const SWEEP_MS = 250;

/** The pool's listener and its sessions. */
export interface StratumServer {
  broadcast(job: Job, cleanJobs: boolean): void;
  stop(): void;
}

/**
 * Listens for miners. A bind that fails is logged as CoiniumServ does it: the fault, and then that the server is
 * listening all the same, which it is not. The process lives on.
 */
export function startStratumServer(config: StratumConfig, context: StratumContext): StratumServer {
  const sessions = new Set<Session>();
  const nextExtranonce = createExtranonces();
  const server = createServer((socket) => {
    const session = openSession(socket, nextExtranonce(), context);
    sessions.add(session);
    socket.on('close', () => sessions.delete(session));
  });
  server.maxConnections = MAX_SESSIONS;
  listen(server, config, context.log);

  const sweep = setInterval(() => {
    const now = performance.now();
    for (const session of sessions) session.closeIfSilent(now, config);
  }, SWEEP_MS);

  return {
    broadcast(job, cleanJobs) {
      for (const session of sessions) session.notify(job, cleanJobs);
    },
    stop() {
      clearInterval(sweep);
      server.close();
      for (const session of sessions) session.close('the pool stops');
    },
  };
}

function listen(server: Server, { bind, port }: StratumConfig, log: Log): void {
  const announce = () => log(`Stratum server listening on ${bind}:${port}`);
  server.on('error', (error) => {
    log(`[Fatal] StratumServer can not bind on ${bind}:${port}: ${error.message}`);
    announce();
  });
  server.listen(port, bind, announce);
}

function createExtranonces(): () => Buffer {
  let last = randomBytes(EXTRANONCE1_BYTES).readUInt32BE();
  return () => {
    last = (last + 1) >>> 0;
    const extranonce = Buffer.alloc(EXTRANONCE1_BYTES);
    extranonce.writeUInt32BE(last);
    return extranonce;
  };
}
