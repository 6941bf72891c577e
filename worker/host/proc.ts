import { type PathLike, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/**
 * The parts of `/proc/<pid>/stat` that we use; source: proc_pid_stat(5).
 * Reading it never waits for the process, so the functions here are synchronous unless they say otherwise.
 */
export interface ProcStat {
  pid: number;
  /** One letter: R, S, D, T, t, Z, X, I. */
  state: string;
  parentPid: number;
  groupId: number;
  sessionId: number;
  /** In user and in kernel mode, of all its threads, in clock ticks. */
  cpuTicks: number;
  threads: number;
  /** Clock ticks since boot. */
  startTime: number;
}

const FIRST_FIELD_AFTER_NAME = 3;

/** Parses one stat line. The name may hold spaces and parentheses, so fields count from the last `)`. */
export function parseStat(text: string): ProcStat {
  const nameEnd = text.lastIndexOf(')');
  const fields = text
    .slice(nameEnd + 1)
    .trim()
    .split(' ');
  const field = (number: number) => fields[number - FIRST_FIELD_AFTER_NAME];
  return {
    pid: Number.parseInt(text, 10),
    state: field(3) ?? '?',
    parentPid: Number(field(4)),
    groupId: Number(field(5)),
    sessionId: Number(field(6)),
    cpuTicks: Number(field(14)) + Number(field(15)),
    threads: Number(field(20)),
    startTime: Number(field(22)),
  };
}

/** Null when there is no such process. */
export function readStat(pid: number): ProcStat | null {
  const text = procText(pid, 'stat');
  return text === null ? null : parseStat(text);
}

/** Of each thread of a process; empty where there is none. */
export function readTaskStats(pid: number): ProcStat[] {
  const tasks = orNull(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return tasks.flatMap((task) => {
    const text = orNull(() => readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8'));
    return text === null ? [] : [parseStat(text)];
  });
}

/** The value of one `Name:\tvalue` line of `/proc/<pid>/status`. */
export function statusField(status: string, name: string): string | null {
  return status.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))?.[1] ?? null;
}

/** Text of `/proc/<pid>/<file>`; null when the process is gone or the file is not ours to read. */
export function procText(pid: number, file: 'stat' | 'status' | 'limits'): string | null {
  return orNull(() => readFileSync(`/proc/${pid}/${file}`, 'utf8'));
}

/** `cmdline` and `environ` wait for the memory lock of the process, so they are kept off the event loop. */
export async function procStrings(pid: number, file: 'cmdline' | 'environ'): Promise<string[] | null> {
  try {
    const text = await readFile(`/proc/${pid}/${file}`, 'utf8');
    return text === '' ? [] : text.replace(/\0$/, '').split('\0');
  } catch (error) {
    return nullIfUnreadable(error);
  }
}

/** Target of `/proc/<pid>/exe`, `cwd` or `fd/<n>`; null when gone or not ours to read. */
export function procLink(pid: number, link: string): string | null {
  return orNull(() => readlinkSync(`/proc/${pid}/${link}`));
}

/** Open descriptor numbers; null when gone or not ours to read. */
export function descriptorNames(pid: number): string[] | null {
  return orNull(() => readdirSync(`/proc/${pid}/fd`));
}

/** Every process id that this mount of /proc shows. */
export function listPids(proc: PathLike = '/proc'): number[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Changes with every boot; source: random(4). */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

const UNREADABLE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR']);

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    return nullIfUnreadable(error);
  }
}

function nullIfUnreadable(error: unknown): null {
  if (UNREADABLE.has((error as NodeJS.ErrnoException).code ?? '')) return null;
  throw error;
}
