import { type ChildProcess, spawn } from 'node:child_process';
import { DavyError } from '../../core/errors.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { programEnvironment } from './command.ts';
import { HOST } from './port.ts';

const FAST_SHUTDOWN_MS = 10_000;
const IMMEDIATE_SHUTDOWN_MS = 10_000;

export interface Exit {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

export interface Server {
  pid: number;
  exited: Promise<Exit>;
  hasEnded(): boolean;
  stop(): Promise<void>;
}

/**
 * A small service on one machine. Given at every start, so that an old cluster follows this table:
 * - mmap: systemd-logind takes a user's POSIX shared memory away at logout (RemoveIPC), and containers have little
 * - no statements in the log: they may hold what no log should
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  cluster_name: 'davylamp',
  max_connections: '100',
  shared_buffers: '64MB',
  huge_pages: 'off',
  dynamic_shared_memory_type: 'mmap',
  max_wal_size: '256MB',
  io_method: 'sync',
  max_logical_replication_workers: '0',
  jit: 'off',
  fsync: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  log_min_error_statement: 'panic',
};

/**
 * Starts PostgreSQL in a session of its own (Ctrl-C is for its launcher to act on) that ends with the thread that
 * called this: call it from the main thread.
 */
export async function startServer(parts: {
  account: Account;
  binaries: Binaries;
  cluster: string;
  port: number;
  settings: Readonly<Record<string, string>>;
  logFd: number;
}): Promise<Server> {
  const settings = { ...SETTINGS, port: String(parts.port), ...parts.settings };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const argv = [...parts.account.prefix, parts.binaries.postgres, '-D', parts.cluster, ...options];
  const [file = '', ...rest] = argv;
  const child = spawn(file, rest, {
    cwd: '/',
    env: programEnvironment(parts.binaries.environment),
    stdio: ['ignore', parts.logFd, parts.logFd],
    detached: true,
  });
  const exited = exitOf(child);
  await spawned(child);
  return { pid: child.pid ?? 0, exited, hasEnded: () => ended(child), stop: () => stop(child, exited) };
}

/** Fast shutdown, then immediate, then kill: bounded, and only ever our own child. */
async function stop(child: ChildProcess, exited: Promise<Exit>): Promise<void> {
  child.kill('SIGINT');
  const immediate = setTimeout(() => child.kill('SIGQUIT'), FAST_SHUTDOWN_MS);
  const kill = setTimeout(() => child.kill('SIGKILL'), FAST_SHUTDOWN_MS + IMMEDIATE_SHUTDOWN_MS);
  await exited;
  clearTimeout(immediate);
  clearTimeout(kill);
}

function ended(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(
        new DavyError('postgres-start', `PostgreSQL cannot be run: ${cause.message}.`, {
          component: 'postgres',
          cause,
        }),
      ),
    );
  });
}
