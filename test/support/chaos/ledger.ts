import type { Mark } from '../marks.ts';
import type { BreakablePostgres } from './postgres.ts';

/** What the database says came of all requests. */
export interface Ledger {
  runs: RunRow[];
  attempts: AttemptRow[];
}

export interface RunRow {
  id: string;
  status: string;
  outcome: string | null;
  key: string | null;
  /** Who has it and how its wake-up calls stand, for whoever looks for the reason why it does not end. */
  standing: string;
}

export interface AttemptRow {
  id: string;
  runId: string;
  stageId: string;
  number: number;
  status: string;
}

export async function readLedger(postgres: BreakablePostgres): Promise<Ledger> {
  const runs = await postgres.query<RunRow>(`
    select r.id, r.status::text, r.outcome, k.key,
           format('%s, owner %s, lease %s, holds %s, claims %s, epoch %s, dispatch %s (%s ago, %s repeats)',
                  r.current_stage, r.owner, r.lease_until - now(), r.holds_environment, r.claims, r.epoch, r.dispatch,
                  now() - r.dispatched_at, r.repeats) as standing
    from runs r left join idempotency_keys k on k.run_id = r.id`);
  const attempts = await postgres.query<AttemptRow>(`
    select id, run_id as "runId", stage_id as "stageId", number, status::text from stage_attempts`);
  return { runs, attempts };
}

/** What is wrong, as lists of what is affected; all of them empty where every promise was kept. */
export interface Findings {
  /** Runs that did not come to an end. */
  unfinished: string[];
  /** Runs that ended in another way than by success, and were not given up. */
  unsuccessful: string[];
  /** Accepted requests that have no run, or several, or another than the client was told of. */
  misplaced: string[];
  /** Runs that nobody asked for. */
  unasked: string[];
  /** Attempts that succeeded without having had their effect. */
  lost: string[];
  /** Attempts that had their effect more than once. */
  duplicated: string[];
  /** Effects of no known attempt, or of one that did not succeed, but for runs that were given up. */
  unaccounted: string[];
  /** Stages whose attempts are not numbered 1 to n. */
  misnumbered: string[];
  /** Effects that began while another was under way in the same environment. */
  overlapping: string[];
}

/** Three workers died with the run in their hands, and a person was called: the promise, where a monkey kills them. */
const GIVEN_UP = 'crash_loop';

/** The runs that were given up because their workers died again and again. */
export function givenUp({ runs }: Ledger): RunRow[] {
  return runs.filter(({ status, outcome }) => status === 'escalated' && outcome === GIVEN_UP);
}

const ENDED = new Set(['succeeded', 'failed', 'escalated', 'cancelled']);

/** Holds together what clients were told, what the database says and what was done on the host. */
export function judge(
  ledger: Ledger,
  accepted: ReadonlyMap<string, ReadonlySet<string>>,
  marks: ReadonlyMap<string, readonly Mark[]>,
): Findings {
  const { runs, attempts } = ledger;
  const abandoned = new Set(givenUp(ledger).map(({ id }) => id));
  const begun = countBy(
    [...marks.values()].flat().filter(({ word }) => word === 'begin'),
    (mark) => mark.attemptId,
  );
  const ended = countBy(
    [...marks.values()].flat().filter(({ word }) => word === 'end'),
    (mark) => mark.attemptId,
  );
  const succeeded = attempts.filter(({ status }) => status === 'succeeded');
  const accountable = attempts.filter(({ status, runId }) => status === 'succeeded' || abandoned.has(runId));
  const known = new Set(accountable.map(({ id }) => id));
  return {
    unfinished: runs
      .filter(({ status }) => !ENDED.has(status))
      .map((run) => `${described(run)} ${run.standing}`),
    unsuccessful: runs
      .filter(({ id, status }) => ENDED.has(status) && status !== 'succeeded' && !abandoned.has(id))
      .map(described),
    misplaced: misplaced(runs, accepted),
    unasked: runs.filter(({ key }) => key === null || !accepted.has(key)).map(described),
    lost: succeeded.filter(({ id }) => !ended.has(id)).map(named),
    duplicated: attempts.filter(({ id }) => (begun.get(id) ?? 0) > 1).map(named),
    unaccounted: [...begun.keys()].filter((id) => !known.has(id)),
    misnumbered: misnumbered(attempts),
    overlapping: [...marks].flatMap(([directory, list]) =>
      overlaps(list).map((id) => `${id} in ${directory}`),
    ),
  };
}

function described({ id, status, outcome }: RunRow): string {
  return `${id} ${status}${outcome === null ? '' : `: ${outcome}`}`;
}

function named({ id, runId, stageId, number }: AttemptRow): string {
  return `${id} (${stageId} #${number} of ${runId})`;
}

function misplaced(runs: readonly RunRow[], accepted: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const byKey = new Map(runs.map(({ key, id }) => [key, id]));
  return [...accepted]
    .filter(([key, ids]) => ids.size !== 1 || !ids.has(byKey.get(key) ?? ''))
    .map(([key]) => key);
}

function misnumbered(attempts: readonly AttemptRow[]): string[] {
  const stages = new Map<string, number[]>();
  for (const { runId, stageId, number } of attempts) {
    const stage = `${stageId} of ${runId}`;
    stages.set(stage, [...(stages.get(stage) ?? []), number]);
  }
  const inOrder = (numbers: number[]) =>
    numbers.sort((a, b) => a - b).every((number, index) => number === index + 1);
  return [...stages].filter(([, numbers]) => !inOrder(numbers)).map(([stage]) => stage);
}

/** The attempts that began before the one before them had ended. */
function overlaps(marks: readonly Mark[]): string[] {
  const found: string[] = [];
  let open: string | null = null;
  for (const { word, attemptId } of marks) {
    if (word === 'begin') {
      if (open !== null) found.push(attemptId);
      open = attemptId;
    } else if (open === attemptId) open = null;
    else found.push(attemptId);
  }
  return found;
}

function countBy<T>(list: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of list) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}
