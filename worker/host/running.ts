import { open, realpath } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { carriesMarker } from './marker.ts';
import { commandOnPath } from './packages.ts';
import { listPids, procLink, procStrings, readBootId, readStat } from './proc.ts';
import { identify, isDead, type ProcessIdentity } from './process.ts';

export interface RunningCommand {
  argv: readonly string[];
  cwd: string;
}

/**
 * Processes that run exactly this command in exactly this folder, as a user whose processes are ours to signal:
 * the same program behind argv[0], every argument equal. Of a process and its forks only the outermost. What
 * Davylamp started carries a marker and is left out.
 */
export async function findRunning(command: RunningCommand): Promise<ProcessIdentity[]> {
  const expected = await expectedOf(command);
  if (!expected) return [];
  const found = new Map<number, ProcessIdentity>();
  for (const pid of listPids().filter((pid) => pid !== process.pid)) {
    const identity = await match(pid, expected);
    if (identity) found.set(pid, identity);
  }
  return [...found.values()].filter(({ pid }) => !hasAncestorIn(pid, found));
}

/** Whether a process still runs the command. */
export async function runs(identity: ProcessIdentity, command: RunningCommand): Promise<boolean> {
  const expected = await expectedOf(command);
  const now = expected && (await match(identity.pid, expected));
  return now?.startTime === identity.startTime && now.bootId === identity.bootId;
}

/** Whether a process is of our own user, or of anybody where we are root. */
export function isOfOurUser({ uid }: ProcessIdentity): boolean {
  const own = process.getuid?.();
  return own === 0 || own === uid;
}

/** Whether one process is another or descends from it. */
export function descendsFrom(pid: number, ancestor: number): boolean {
  return pid === ancestor || hasAncestorIn(pid, new Map([[ancestor, null]]));
}

function hasAncestorIn(pid: number, found: ReadonlyMap<number, unknown>): boolean {
  for (let parent = readStat(pid)?.parentPid ?? 0; parent > 1; parent = readStat(parent)?.parentPid ?? 0)
    if (found.has(parent)) return true;
  return false;
}

interface Expected {
  /** Without symlinks. */
  executable: string;
  argv: readonly string[];
  /** Without symlinks. */
  cwd: string;
}

async function match(pid: number, { executable, argv, cwd }: Expected): Promise<ProcessIdentity | null> {
  // The cheap looks first: there are many processes, and few work in this folder.
  if (procLink(pid, 'cwd') !== cwd) return null;
  const stat = readStat(pid);
  const identity = stat && !isDead(stat) ? identify(stat, readBootId()) : null;
  if (!identity || identity.executable !== executable || !isOfOurUser(identity)) return null;
  const [name = '', ...args] = (await procStrings(pid, 'cmdline')) ?? [];
  const [wantedName = '', ...wanted] = argv;
  if (basename(name) !== basename(wantedName) || args.length !== wanted.length) return null;
  if (args.some((word, index) => word !== wanted[index])) return null;
  return (await carriesMarker(pid)) ? null : identity;
}

/** What the kernel shows of the command once it runs; `null` where it cannot run. */
async function expectedOf({ argv, cwd }: RunningCommand): Promise<Expected | null> {
  const [name = '', ...args] = argv;
  const folder = await realpath(cwd).catch(() => null);
  const path = await commandOnPath(name.includes('/') ? resolve(cwd, name) : name);
  if (path === null || folder === null) return null;
  const script = name.includes('/') ? name : path;
  const interpreter = await interpreterOf(path);
  if (interpreter.length === 0) return { executable: await realpath(path), argv, cwd: folder };
  const [program = ''] = interpreter;
  const executable = await commandOnPath(program);
  return executable === null
    ? null
    : { executable: await realpath(executable), argv: [...interpreter, script, ...args], cwd: folder };
}

const SHEBANG_BYTES = 256;

/** The words that the kernel, and env(1) after it, put before a script's own; none for a program. */
async function interpreterOf(path: string): Promise<string[]> {
  const file = await open(path).catch(() => null);
  if (!file) return [];
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SHEBANG_BYTES), 0, SHEBANG_BYTES, 0);
    const line = /^#![ \t]*(\S+)[ \t]*([^\n]*)/.exec(buffer.toString('latin1', 0, bytesRead));
    const [, program = '', argument = ''] = line ?? [];
    if (!line) return [];
    if (basename(program) === 'env')
      return argument
        .trim()
        .replace(/^-S\s*/, '')
        .split(/\s+/);
    return argument.trim() === '' ? [program] : [program, argument.trim()];
  } finally {
    await file.close();
  }
}
