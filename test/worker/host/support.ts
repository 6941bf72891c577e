import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import { waitUntil, withDeadline } from '../../../worker/host/deadline.ts';
import { liveness, type ProcessIdentity, readProcess } from '../../../worker/host/process.ts';
import { findMarked } from '../../../worker/host/spawn.ts';

export const isRoot = process.getuid?.() === 0;
export const hasPython = spawnSync('python3', ['--version']).status === 0;
export const FIXTURES = join(import.meta.dirname, 'fixtures');

const cleanups: (() => unknown)[] = [];

/** Runs at the end of the test file, last registered first. */
export function atEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'davy-host-'));
  chmodSync(folder, 0o755);
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A child that leads its own group, killed with that group at the end. */
export function child(
  command: string,
  args: readonly string[] = [],
  options: { cwd?: string } = {},
): ChildProcess {
  const started = spawn(command, args, { ...options, detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  atEnd(() => killGroup(started));
  return started;
}

/** Only while unreaped: its number is surely its own then. */
function killGroup(started: ChildProcess): void {
  if (started.pid === undefined || started.exitCode !== null || started.signalCode !== null) return;
  process.kill(-started.pid, 'SIGKILL');
}

/** A TypeScript fixture under tsx; `as` runs it as another user, which takes root. */
export function fixture(name: string, args: readonly string[], as?: { uid: number }): ChildProcess {
  const node = [process.execPath, '--import', 'tsx', join(FIXTURES, name), ...args];
  const user = as ? ['setpriv', `--reuid=${as.uid}`, `--regid=${as.uid}`, '--clear-groups'] : [];
  const [command = '', ...rest] = [...user, ...node];
  return child(command, rest);
}

const readers = new WeakMap<ChildProcess, AsyncIterator<string>>();

/** The next line on the stdout of a child. */
export async function nextLine(from: ChildProcess, timeoutMs = 15_000): Promise<string> {
  if (!from.stdout) throw new Error('no stdout');
  const reader = readers.get(from) ?? createInterface({ input: from.stdout })[Symbol.asyncIterator]();
  readers.set(from, reader);
  const { value, done } = await withDeadline(reader.next(), timeoutMs, `a line from ${from.spawnfile}`);
  if (done) throw new Error(`${from.spawnfile} ended without another line`);
  return value;
}

export function pidOf(started: ChildProcess): number {
  if (started.pid === undefined) throw new Error(`${started.spawnfile} did not start`);
  return started.pid;
}

export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const facts = await readProcess(pid);
  if (!facts) throw new Error(`no process ${pid}`);
  return facts.identity;
}

/** A process that a shell forked, once it became the program that it is to run. */
export async function becoming(program: string, pid: number): Promise<ProcessIdentity> {
  await until(`pid ${pid} running ${program}`, async () =>
    (await identityOf(pid)).executable.endsWith(program),
  );
  return identityOf(pid);
}

/** Gone, or a zombie that its parent has not collected yet. */
export async function isDead(identity: ProcessIdentity): Promise<boolean> {
  return ['gone', 'zombie'].includes(await liveness(identity));
}

/** Waits for the first child of a process; source: proc_tid_children(5). */
export async function childOf(pid: number): Promise<ProcessIdentity> {
  const children = await until(`a child of ${pid}`, () =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'),
  );
  return identityOf(Number.parseInt(children, 10));
}

/** Readiness instead of a sleep. */
export function until<T>(
  what: string,
  check: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<NonNullable<T>> {
  return waitUntil(async () => (await check()) || null, { timeoutMs, intervalMs: 10, what });
}

export function untilState(identity: ProcessIdentity, state: string): Promise<true> {
  return until(
    `pid ${identity.pid} ${state}`,
    async () => (await liveness(identity)) === state,
  ) as Promise<true>;
}

/** Kills whatever carries the marker, its descendants in groups of their own too. */
export function killMarkedAtEnd(marker: string): void {
  atEnd(async () => {
    for (let left = await findMarked(marker); left.length > 0; left = await findMarked(marker)) {
      for (const { pid } of left) process.kill(-pid, 'SIGKILL');
    }
  });
}
