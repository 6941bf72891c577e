import { mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DavyError } from '../../core/errors.ts';
import { clusterIn, SUPERUSER } from './cluster.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { clearLeftovers } from './leftovers.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import { fixedPort, HOST, isPortFree } from './port.ts';
import { prepare, type Start } from './prepare.ts';
import { waitUntilReady } from './readiness.ts';
import { type Exit, type Server, startServer } from './server.ts';

export interface EmbeddedPostgresOptions {
  /** Everything is kept in `<dataDir>/postgres`, which is made where it is missing. */
  dataDir: string;
  /** What the launcher did and why, a line at a time; PostgreSQL's own log is the file `server.log`. */
  log?: (line: string) => void;
  /** For the whole start, the making of the cluster included; 60 seconds unless told otherwise. */
  startTimeoutMs?: number;
  /** Settings of postgresql.conf on top of ours. */
  settings?: Readonly<Record<string, string>>;
  /** Where a cluster goes when root may not run it in `dataDir`; `/var/lib` unless told otherwise. */
  fallbackRoot?: string;
}

export interface EmbeddedPostgres {
  /** With the password in it: not for logs. */
  url: string;
  pid: number;
  port: number;
  /** Ends PostgreSQL within 20 seconds, whatever its state; may be called again. */
  stop(): Promise<void>;
  /** Resolves when PostgreSQL ends, whoever ended it; the directory is free for a new start by then. */
  exited: Promise<Exit>;
}

const DATABASE = 'davylamp';
const MAX_PORT_TRIES = 5;
const LOG_LINES = 12;

/**
 * Starts Davylamp's own PostgreSQL on 127.0.0.1, and makes its cluster the first time. It ends when this process
 * does, kill -9 included, where setpriv(1) exists.
 * @throws DavyError with a code that begins with `postgres-`; the message names the reason and the log's end.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const made = resolve(options.dataDir, 'postgres');
  await mkdir(made, { recursive: true, mode: 0o711 });
  const directory = await realpath(made);
  const directoryLock = await lockDirectory(directory);
  try {
    const start = await prepare(directory, options);
    const cluster = clusterIn(start.home);
    await clearLeftovers(cluster, start.account, start);
    return await launch(start, cluster, directoryLock);
  } catch (error) {
    directoryLock.release();
    throw error;
  }
}

/** Somebody may take the port between our look and PostgreSQL's bind, so that is tried again with another. */
async function launch(
  start: Start,
  cluster: string,
  directoryLock: DirectoryLock,
): Promise<EmbeddedPostgres> {
  for (let tries = 1; ; tries++) {
    const { port, takenPort } = await fixedPort(start.directory);
    if (takenPort !== null) start.log(`port ${takenPort} is taken; PostgreSQL moves to ${port}`);
    const logFile = openLogFile(join(start.directory, 'server.log'));
    try {
      return await launchOn(port, start, { cluster, directoryLock, logFile });
    } catch (error) {
      logFile.close();
      if (tries === MAX_PORT_TRIES || (await isPortFree(port))) throw error;
    }
  }
}

async function launchOn(
  port: number,
  start: Start,
  { cluster, directoryLock, logFile }: { cluster: string; directoryLock: DirectoryLock; logFile: LogFile },
): Promise<EmbeddedPostgres> {
  const url = `postgres://${SUPERUSER}:${start.password}@${HOST}:${port}/${DATABASE}`;
  const server = await startServer({ ...start, cluster, port, logFd: logFile.fd });
  const refusal = await waitUntilReady(url, { deadline: start.deadline, hasEnded: server.hasEnded }).catch(
    async (error: unknown) => {
      await server.stop();
      throw error;
    },
  );
  if (refusal !== undefined) throw await startError(server, refusal, logFile);
  const exited = server.exited.then((exit) => {
    logFile.close();
    directoryLock.release();
    return exit;
  });
  const stop = async () => {
    await server.stop();
    await exited;
  };
  return { url, pid: server.pid, port, stop, exited };
}

async function startError(server: Server, refusal: string, logFile: LogFile): Promise<DavyError> {
  const endedByItself = server.hasEnded();
  await server.stop();
  const { exitCode, signal } = await server.exited;
  const reason = endedByItself
    ? `ended with ${signal ?? `exit code ${exitCode}`}`
    : `was not ready in time (${refusal})`;
  return new DavyError('postgres-start', `PostgreSQL ${reason}. Its log:\n${logFile.tail(LOG_LINES)}`, {
    component: 'postgres',
  });
}
