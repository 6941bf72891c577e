import { uptime } from 'node:os';
import { type ProcStat, procStrings } from './proc.ts';

/** Environment variable by which a component started by Davylamp is known again after a crash. */
export const MARKER_VARIABLE = 'DAVY_COMPONENT';

const PREFIX = `${MARKER_VARIABLE}=`;

/** The marker that a process was started with; null without one, or where it is not ours to read. */
export async function processMarker(pid: number): Promise<string | null> {
  const environment = await procStrings(pid, 'environ');
  return environment?.find((entry) => entry.startsWith(PREFIX))?.slice(PREFIX.length) ?? null;
}

/** True for anything that Davylamp started, and for its descendants. */
export async function carriesMarker(pid: number): Promise<boolean> {
  return (await processMarker(pid)) !== null;
}

/** A process this old has executed what it was started for: its marker stays what it is. */
const SETTLED_SECONDS = 2;
/** Clock ticks a second as the kernel counts them for /proc; source: proc_pid_stat(5), USER_HZ of all our platforms. */
const TICKS_PER_SECOND = 100;

const settled = new Map<string, string | null>();

/** One process for as long as this machine runs. */
export function keyOf({ pid, startTime }: ProcStat): string {
  return `${pid}/${startTime}`;
}

/** Like {@link processMarker}; of a process that is past its start, the answer is read once. */
export async function settledProcessMarker(stat: ProcStat): Promise<string | null> {
  const key = keyOf(stat);
  const known = settled.get(key);
  if (known !== undefined) return known;
  const marker = await processMarker(stat.pid);
  if (uptime() - stat.startTime / TICKS_PER_SECOND > SETTLED_SECONDS) settled.set(key, marker);
  return marker;
}

/** Drops what is known of processes that are gone. */
export function forget(alive: ReadonlySet<string>): void {
  for (const key of settled.keys()) if (!alive.has(key)) settled.delete(key);
}
