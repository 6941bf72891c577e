import { carriesMarker } from './marker.ts';
import {
  descriptorNames,
  type ProcStat,
  procLink,
  procStrings,
  procText,
  readBootId,
  readStat,
  statusField,
} from './proc.ts';

/** Names one process for ever: the kernel never gives the same boot id, pid and start time twice. */
export interface ProcessIdentity {
  bootId: string;
  pid: number;
  /** Clock ticks since boot. */
  startTime: number;
  /** Path of the running binary; empty where it is not ours to read. */
  executable: string;
  uid: number;
}

export interface ProcessFacts {
  identity: ProcessIdentity;
  /** One letter as in proc_pid_stat(5): R, S, D, T, t, Z, X, I. */
  state: string;
  parentPid: number;
  groupId: number;
  argv: string[];
  /** Null where it is not ours to read. */
  cwd: string | null;
  residentBytes: number;
  /** Absent where it is not ours to read. */
  openDescriptors?: number;
}

/** `replaced`: the pid belongs to another process now. `stopped`: SIGSTOP or a debugger holds it. */
export type Liveness = 'running' | 'stopped' | 'zombie' | 'gone' | 'replaced';

/** What /proc tells about a process; null when there is none. Another user's process has gaps, not errors. */
export async function readProcess(pid: number): Promise<ProcessFacts | null> {
  const stat = readStat(pid);
  const identity = stat && identify(stat);
  if (!stat || !identity) return null;
  const descriptors = descriptorNames(pid);
  return {
    identity,
    state: stat.state,
    parentPid: stat.parentPid,
    groupId: stat.groupId,
    argv: (await procStrings(pid, 'cmdline')) ?? [],
    cwd: procLink(pid, 'cwd'),
    residentBytes: residentBytes(pid),
    ...(descriptors && { openDescriptors: descriptors.length }),
  };
}

/** Is the recorded process still that process, and does it run? */
export async function liveness(identity: ProcessIdentity): Promise<Liveness> {
  const stat = readStat(identity.pid);
  if (!stat) return 'gone';
  if (!sameStart(identity, stat)) return 'replaced';
  if (isDead(stat)) return 'zombie';
  if (!sameExecutableAndUser(identity, stat) && !(await carriesMarker(stat.pid))) return 'replaced';
  return stat.state.toLowerCase() === 't' ? 'stopped' : 'running';
}

/** The identity behind a stat line; null when the process went away meanwhile. */
export function identify(stat: ProcStat, bootId = readBootId()): ProcessIdentity | null {
  const uid = realUid(stat.pid);
  if (uid === null) return null;
  return { bootId, pid: stat.pid, startTime: stat.startTime, executable: executableOf(stat.pid), uid };
}

/** The identity of a pid as it is now; null when there is no such process. */
export function identityOf(pid: number): ProcessIdentity | null {
  const stat = readStat(pid);
  return stat && identify(stat);
}

/** Same boot, pid and start time: the same process, whatever it executes by now. */
export function sameStart(identity: ProcessIdentity, stat: ProcStat): boolean {
  return (
    stat.pid === identity.pid && stat.startTime === identity.startTime && readBootId() === identity.bootId
  );
}

/**
 * Same executable and user, as far as both are known. A wrapper script that execs the real daemon changes
 * the one and a daemon that drops root the other: such a process proves itself by its marker.
 */
export function sameExecutableAndUser(identity: ProcessIdentity, stat: ProcStat): boolean {
  const executable = executableOf(stat.pid);
  const known = executable !== '' && identity.executable !== '';
  const uid = realUid(stat.pid) ?? identity.uid;
  return uid === identity.uid && (!known || executable === identity.executable);
}

/** A leader whose other threads still run is not dead: it keeps its ports and locks until the last ends. */
export function isDead(stat: ProcStat): boolean {
  return stat.state === 'X' || (stat.state === 'Z' && stat.threads <= 1);
}

function executableOf(pid: number): string {
  return procLink(pid, 'exe')?.replace(/ \(deleted\)$/, '') ?? '';
}

function realUid(pid: number): number | null {
  const status = procText(pid, 'status');
  const uids = status && statusField(status, 'Uid');
  return uids ? Number.parseInt(uids, 10) : null;
}

function residentBytes(pid: number): number {
  const status = procText(pid, 'status');
  const kilobytes = status && statusField(status, 'VmRSS');
  return kilobytes ? Number.parseInt(kilobytes, 10) * 1024 : 0;
}
