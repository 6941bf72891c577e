import { existsSync } from 'node:fs';
import { readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DavyError } from '../../core/errors.ts';
import type { Account } from './account.ts';
import { runCommand } from './command.ts';
import { type Deadline, deadlineIn, poll } from './deadline.ts';
import { readIfPresent } from './files.ts';

/** The first is for the postmaster, which asks its children; the last also reaches a frozen process. */
const LADDER = [
  { signal: 'SIGINT', graceMs: 10_000 },
  { signal: 'SIGQUIT', graceMs: 5_000 },
  { signal: 'SIGKILL', graceMs: 5_000 },
] as const;
const TRIAL_TIMEOUT_MS = 5_000;

/**
 * Makes way for a new server after a launcher that was killed: stops the server that it left, waits for the last
 * of its processes, and removes a pid file that names a foreign process. Needs the lock of the directory.
 * @throws DavyError `postgres-leftover` where some are still there at the deadline.
 */
export async function clearLeftovers(
  cluster: string,
  account: Account,
  options: { deadline: Deadline; log: (line: string) => void },
): Promise<void> {
  const pids = await serverProcesses(cluster, account);
  if (pids.length > 0) {
    options.log(`an earlier launcher left PostgreSQL behind (pid ${pids.join(', ')}); stopping it`);
    await stopLeftovers(cluster, account, options);
  }
  await removeForeignPidFile(cluster, options.log);
}

async function stopLeftovers(
  cluster: string,
  account: Account,
  { deadline, log }: { deadline: Deadline; log: (line: string) => void },
): Promise<void> {
  const postmaster = await recordedPid(cluster);
  const remaining = () => serverProcesses(cluster, account);
  const gone = async () => ((await remaining()).length === 0 ? true : undefined);
  for (const { signal, graceMs } of LADDER) {
    for (const pid of await remaining()) if (signal !== 'SIGINT' || pid === postmaster) send(signal, pid);
    if (await poll(deadlineIn(Math.min(graceMs, deadline.remainingMs())), gone)) return;
    if (deadline.passed()) break;
    log(`PostgreSQL of an earlier launcher has not ended on ${signal}`);
  }
  const pids = (await remaining()).join(', ');
  throw new DavyError('postgres-leftover', `PostgreSQL of an earlier launcher does not end: pid ${pids}.`, {
    component: 'postgres',
    nextStep: 'End these processes and start again.',
  });
}

/** PostgreSQL refuses to start while the pid in its file is alive, be it a stranger's by now, or a zombie. */
async function removeForeignPidFile(cluster: string, log: (line: string) => void): Promise<void> {
  const pid = await recordedPid(cluster);
  if (pid === undefined || !existsSync(`/proc/${pid}`)) return;
  log(`process ${pid} is no living PostgreSQL of ours; removing the stale postmaster.pid`);
  await rm(pidFile(cluster), { force: true });
}

/** The living processes of a server on this cluster: by name, and by the directory in which each of them works. */
async function serverProcesses(cluster: string, account: Account): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const alive = await Promise.all(pids.map(isLivingPostgres));
  const candidates = pids.filter((_pid, index) => alive[index]);
  const directories = await Promise.all(candidates.map((pid) => workingDirectory(pid, account)));
  return candidates.filter((_pid, index) => directories[index] === cluster);
}

async function isLivingPostgres(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const end = stat.lastIndexOf(')');
  const state = stat[end + 2];
  return stat.slice(stat.indexOf('(') + 1, end) === 'postgres' && state !== 'Z' && state !== 'X';
}

/** Root in a container may lack the right to look at another user's process; that user may look. */
async function workingDirectory(pid: number, account: Account): Promise<string | undefined> {
  const link = `/proc/${pid}/cwd`;
  const path = await readlink(link).catch(() => undefined);
  if (path !== undefined || account.mode !== 'account') return path;
  const asked = await runCommand([...account.prefix, 'readlink', link], { timeoutMs: TRIAL_TIMEOUT_MS });
  return asked.ok ? asked.stdout.trimEnd() : undefined;
}

async function recordedPid(cluster: string): Promise<number | undefined> {
  const pid = Number((await readIfPresent(pidFile(cluster)))?.split('\n')[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

const pidFile = (cluster: string) => join(cluster, 'postmaster.pid');

function send(signal: NodeJS.Signals, pid: number): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
