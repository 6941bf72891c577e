import { carriesMarker } from './marker.ts';
import { listPids, type ProcStat, readBootId, readStat } from './proc.ts';
import { identify, isDead, type ProcessIdentity, sameStart } from './process.ts';
import { type SignalRefusal, signalGroup, signalOne } from './signal.ts';

/** A recorded process together with what it left behind in its process group. */
export interface ProcessGroup {
  /** Living processes: the recorded one and its group. */
  alive(): Promise<ProcessIdentity[]>;
  /** Null when the signal went out, or nobody was there to get it. */
  signal(signal: NodeJS.Signals): Promise<SignalRefusal | null>;
}

/** Whether a process of the group is known to be ours though its leader is dead. */
export type IsOurs = (pid: number) => Promise<boolean>;

/**
 * Follows the group of a recorded process beyond the death of its leader. A leaderless member counts as ours
 * when it was seen under the living leader, or carries a marker: the number of the group proves nothing.
 */
export function followGroup(leader: ProcessIdentity, isOurs: IsOurs = carriesMarker): ProcessGroup {
  const seen = new Set<string>();

  async function alive(): Promise<ProcessIdentity[]> {
    const stat = readStat(leader.pid);
    const isSame = stat !== null && sameStart(leader, stat);
    if (stat && !isSame) return [];
    const others = await members(isSame);
    return isSame && !isDead(stat) ? [leader, ...others] : others;
  }

  async function members(isLed: boolean): Promise<ProcessIdentity[]> {
    const bootId = readBootId();
    if (bootId !== leader.bootId) return [];
    const found: ProcessIdentity[] = [];
    for (const stat of statsInGroup(leader)) {
      const ours = isLed || seen.has(keyOf(stat)) || (await isOurs(stat.pid));
      if (!ours) continue;
      seen.add(keyOf(stat));
      const identity = identify(stat, bootId);
      if (identity) found.push(identity);
    }
    return found;
  }

  async function signal(name: NodeJS.Signals): Promise<SignalRefusal | null> {
    const result = await signalGroup(leader, name);
    if (result.sent) return null;
    const left = await alive();
    if (result.reason !== 'dead') return left.length === 0 ? null : result.reason;
    for (const member of left) signalOne(member, name);
    return null;
  }

  return { alive, signal };
}

function statsInGroup(leader: ProcessIdentity): ProcStat[] {
  return listPids()
    .filter((pid) => pid !== leader.pid)
    .map(readStat)
    .filter((stat) => stat !== null)
    .filter((stat) => stat.groupId === leader.pid && stat.startTime >= leader.startTime && !isDead(stat));
}

function keyOf(stat: ProcStat): string {
  return `${stat.pid}:${stat.startTime}`;
}
