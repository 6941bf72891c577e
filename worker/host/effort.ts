import { listPids, type ProcStat, readStat, readTaskStats } from './proc.ts';

/** What the processes of a group were doing at one moment. */
export interface Effort {
  at: number;
  /** Since they started, in clock ticks. */
  cpuTicks: number;
  /** Whether its threads wait for a disk (D) or for a processor (R), or are kept from all of it (T). */
  waiting: 'disk' | 'processor' | 'stopped' | null;
}

/** On every Linux that Node runs on: USER_HZ, proc_pid_stat(5). */
const TICK_MS = 10;
/** Of one processor. A daemon that does nothing needs a few hundredths, one that flushes or verifies all of it. */
const BUSY_SHARE = 0.2;

/** Follows what a process does while it is asked something, where the answer does not come at once. */
export interface EffortWatch {
  /** What it was at since then: `null` where nothing shows, as of a process that hangs. Call it once. */
  end(): string | null;
}

/** `pidOf` is asked after `afterMs`: until then an answer costs no look at all. */
export function watchEffort(pidOf: () => number | null, afterMs: number): EffortWatch {
  let before: { pid: number; effort: Effort } | null = null;
  const timer = setTimeout(() => {
    const pid = pidOf();
    if (pid !== null) before = { pid, effort: effortOf(pid) };
  }, afterMs);
  return {
    end() {
      clearTimeout(timer);
      return before && busyBetween(before.effort, effortOf(before.pid));
    },
  };
}

/** Tells in words what somebody is busy with who was seen twice; a moment's work between is no sign of it. */
export function busyBetween(before: Effort, now: Effort): string | null {
  if (now.waiting === 'stopped') return null;
  const share = ((now.cpuTicks - before.cpuTicks) * TICK_MS) / (now.at - before.at);
  if (share >= BUSY_SHARE) return `it uses ${Math.round(share * 100)} % of a processor`;
  return now.waiting !== null && now.waiting === before.waiting ? `it waits for the ${now.waiting}` : null;
}

/** Of a process and what belongs to its group: a wrapper does nothing itself. */
function effortOf(pid: number): Effort {
  const members = listPids()
    .map(readStat)
    .filter((stat): stat is ProcStat => stat !== null && (stat.pid === pid || stat.groupId === pid));
  const states = new Set(members.flatMap((stat) => readTaskStats(stat.pid)).map(({ state }) => state));
  return {
    at: performance.now(),
    cpuTicks: members.reduce((sum, stat) => sum + stat.cpuTicks, 0),
    waiting: states.has('T') ? 'stopped' : states.has('D') ? 'disk' : states.has('R') ? 'processor' : null,
  };
}
