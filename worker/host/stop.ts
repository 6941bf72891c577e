import { setTimeout as pause } from 'node:timers/promises';
import { followGroup, type IsOurs, type ProcessGroup } from './group.ts';
import { liveness, type ProcessIdentity } from './process.ts';
import { protectedTarget, type SignalRefusal } from './signal.ts';

export { type SignalRefusal, type SignalResult, signalGroup } from './signal.ts';

export interface StopTimes {
  /** Between SIGTERM and SIGKILL. */
  termMs: number;
  /** Between SIGKILL and giving up. */
  killMs: number;
}

/** `gone`: nothing was left to stop. `survived`: these live on after SIGKILL, as in uninterruptible sleep. */
export type StopResult = { elapsedMs: number } & (
  | { outcome: 'gone' | 'terminated' | 'killed' }
  | { outcome: 'survived'; pids: number[] }
  | { outcome: 'refused'; reason: SignalRefusal }
);

/** Most processes end within a few milliseconds, so the first looks come sooner. */
const POLL_MS = [2, 5, 10, 25] as const;

const pollMs = (look: number) => POLL_MS[look] ?? 25;

/**
 * SIGTERM to the group, then SIGKILL to what is left of it. A process that is stopped, and so does not see
 * SIGTERM, is killed at once. Done when the process and all of its group are dead; zombies are dead.
 */
export async function stopProcess(
  identity: ProcessIdentity,
  times: StopTimes,
  isOurs?: IsOurs,
): Promise<StopResult> {
  const startedAt = performance.now();
  const outcome = await stop(identity, times, isOurs);
  return { ...outcome, elapsedMs: performance.now() - startedAt };
}

type Outcome =
  | { outcome: 'gone' | 'terminated' | 'killed' }
  | { outcome: 'survived'; pids: number[] }
  | { outcome: 'refused'; reason: SignalRefusal };

async function stop(
  identity: ProcessIdentity,
  { termMs, killMs }: StopTimes,
  isOurs?: IsOurs,
): Promise<Outcome> {
  const untouchable = protectedTarget(identity.pid);
  if (untouchable) return { outcome: 'refused', reason: untouchable };
  const group = followGroup(identity, isOurs);
  if ((await group.alive()).length === 0) return { outcome: 'gone' };

  const reason = await group.signal('SIGTERM');
  if (reason) return { outcome: 'refused', reason };
  if (await endsWithin(group, identity, termMs)) return { outcome: 'terminated' };
  return kill(group, killMs);
}

async function kill(group: ProcessGroup, killMs: number): Promise<Outcome> {
  const endsAt = performance.now() + killMs;
  for (let look = 0; ; look++) {
    const reason = await group.signal('SIGKILL');
    if (reason) return { outcome: 'refused', reason };
    const alive = await group.alive();
    if (alive.length === 0) return { outcome: 'killed' };
    if (performance.now() >= endsAt) return { outcome: 'survived', pids: alive.map(({ pid }) => pid) };
    await pause(pollMs(look));
  }
}

/** False at the deadline, and at once when the process is stopped. */
async function endsWithin(
  group: ProcessGroup,
  identity: ProcessIdentity,
  timeoutMs: number,
): Promise<boolean> {
  const endsAt = performance.now() + timeoutMs;
  for (let look = 0; performance.now() < endsAt; look++) {
    const state = await liveness(identity);
    if (state === 'stopped') return false;
    if (state !== 'running' && (await group.alive()).length === 0) return true;
    await pause(pollMs(look));
  }
  return (await group.alive()).length === 0;
}
