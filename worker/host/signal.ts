import { readStat } from './proc.ts';
import { isDead, liveness, type ProcessIdentity, sameStart } from './process.ts';

/** `dead`: no such process, or a zombie. `replaced`: the pid belongs to another process now. */
export type SignalRefusal =
  | 'reserved_pid'
  | 'ourselves'
  | 'our_group'
  | 'dead'
  | 'replaced'
  | 'not_permitted';

export type SignalResult = { sent: true } | { sent: false; reason: SignalRefusal };

/**
 * Signals the process group of exactly the recorded process, or that process alone where it leads no group.
 * Everything is read again right before: liveness, executable and user first, and the start time once more
 * in the same tick as the signal.
 */
export async function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<SignalResult> {
  const untouchable = protectedTarget(identity.pid);
  if (untouchable) return refuse(untouchable);
  const state = await liveness(identity);
  if (state === 'replaced') return refuse('replaced');
  return signalVerified(identity, signal, (groupId) => (groupId === identity.pid ? -groupId : identity.pid));
}

/** Signals one process and not its group, by pid and start time alone: for members of a verified group. */
export function signalOne(identity: ProcessIdentity, signal: NodeJS.Signals): SignalResult {
  const untouchable = protectedTarget(identity.pid);
  return untouchable ? refuse(untouchable) : signalVerified(identity, signal, () => identity.pid);
}

/** A reason why this pid is never signalled, whatever was recorded about it. */
export function protectedTarget(pid: number): SignalRefusal | null {
  if (!Number.isSafeInteger(pid) || pid <= 1) return 'reserved_pid';
  return pid === process.pid ? 'ourselves' : null;
}

function signalVerified(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  target: (groupId: number) => number,
): SignalResult {
  const stat = readStat(identity.pid);
  if (!stat) return refuse('dead');
  if (!sameStart(identity, stat)) return refuse('replaced');
  if (isDead(stat)) return refuse('dead');
  if (stat.groupId === ownGroup()) return refuse('our_group');
  try {
    process.kill(target(stat.groupId), signal);
    return { sent: true };
  } catch (error) {
    return refuse((error as NodeJS.ErrnoException).code === 'EPERM' ? 'not_permitted' : 'dead');
  }
}

function ownGroup(): number | null {
  return readStat(process.pid)?.groupId ?? null;
}

function refuse(reason: SignalRefusal): SignalResult {
  return { sent: false, reason };
}
