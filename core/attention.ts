import type { DesiredState } from './component.ts';
import type { Diagnosis, FailureType } from './failure.ts';
import type { Maintenance, RecordedHealth } from './health.ts';
import type { NoticeData } from './notice.ts';
import type { ActiveRun } from './run.ts';

/** What is known of a stack at one moment. Times are ISO 8601 UTC. */
export interface StackFacts {
  maintenance: Maintenance | null;
  /** What the watch saw last, and when; `null`: it has not looked yet. */
  health: RecordedHealth | null;
  healthAt: string | null;
  /** The last look is older than it should be; `null`: there was none. */
  stale: boolean | null;
  /** What is wanted of each component that was ever started. */
  desired: Readonly<Record<string, DesiredState>>;
  /** The run that is at work there, or first in line. */
  run: { status: ActiveRun['status'] } | null;
  incident: { occurredAt: string; component: string | null; failure: FailureType | null } | null;
  /** The incidents that a person was called to and after which the stack has not been healthy yet. */
  calls: readonly NoticeData[];
  /** Whether its host's worker gave a sign of life just now, and when it did last. */
  workerAlive: boolean;
  workerSeenAt: string | null;
}

/** Something that is not as it should be with a stack, and who is at it. */
export type Concern =
  /** Nobody looks after it. */
  | { kind: 'no_worker'; since: string | null }
  /** Automatic help has ended. */
  | { kind: 'called'; since: string; call: NoticeData }
  /** Broken, and nobody repairs it. */
  | { kind: 'broken'; since: string; diagnoses: readonly Diagnosis[] }
  /** Nobody has looked for too long. */
  | { kind: 'stale'; since: string | null }
  /** The watch looks on and does not act. */
  | { kind: 'maintenance'; since: string; reason: string | null }
  /** A repair is under way. */
  | { kind: 'repairing'; since: string | null };

/** What a person has to see to themselves, the most urgent first; the rest is repaired, or somebody's wish. */
const FOR_PEOPLE: readonly Concern['kind'][] = ['called', 'no_worker', 'broken', 'stale'];

/** Of several stacks together: the most urgent first. */
export function byUrgency(one: Concern, other: Concern): number {
  return rankOf(one) - rankOf(other);
}

function rankOf({ kind }: Concern): number {
  const rank = FOR_PEOPLE.indexOf(kind);
  return rank === -1 ? FOR_PEOPLE.length : rank;
}

export function needsPerson({ kind }: Concern): boolean {
  return FOR_PEOPLE.includes(kind);
}

/** What is found broken gets its repair within a few looks; only after this time nobody is seen to be at it. */
const UNATTENDED_MS = 45_000;

/** Everything that is not as it should be, the most urgent first. */
export function concernsOf(stack: StackFacts, nowMs: number): Concern[] {
  return [
    ...stack.calls.map((call): Concern => ({ kind: 'called', since: call.occurredAt, call })),
    ...noWorker(stack),
    ...unattended(stack, nowMs),
    ...stale(stack),
    ...repairing(stack),
    ...maintained(stack),
  ];
}

/** Whether anything of the stack should be running. */
export function isWanted({ desired }: Pick<StackFacts, 'desired'>): boolean {
  return Object.values(desired).includes('running');
}

function noWorker(stack: StackFacts): Concern[] {
  const matters = isWanted(stack) || stack.run !== null;
  return matters && !stack.workerAlive ? [{ kind: 'no_worker', since: stack.workerSeenAt }] : [];
}

function unattended({ health, maintenance, run, calls, stale }: StackFacts, nowMs: number): Concern[] {
  if (!health || health.healthy || run || maintenance || calls.length > 0 || stale) return [];
  const lasts = nowMs - Date.parse(health.since) > UNATTENDED_MS;
  return lasts ? [{ kind: 'broken', since: health.since, diagnoses: health.diagnoses }] : [];
}

/** While a run is at work nobody looks: it sees for itself. Without a worker that is what is to be said. */
function stale(stack: StackFacts): Concern[] {
  const matters = stack.stale === true && stack.run === null && stack.workerAlive && isWanted(stack);
  return matters ? [{ kind: 'stale', since: stack.healthAt }] : [];
}

function repairing({ run, incident }: StackFacts): Concern[] {
  const isRepair = run?.status === 'recovering' || run?.status === 'waiting_retry';
  return isRepair || incident ? [{ kind: 'repairing', since: incident?.occurredAt ?? null }] : [];
}

function maintained({ maintenance }: StackFacts): Concern[] {
  return maintenance ? [{ kind: 'maintenance', since: maintenance.since, reason: maintenance.reason }] : [];
}
