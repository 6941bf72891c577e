import { DavyError } from '../../../core/errors.ts';
import type { Claimant } from '../../../db/claims.ts';
import type { RunStore } from '../../../db/run-store.ts';
import { short } from './queue.ts';
import { asRun, type RunTable } from './run-table.ts';
import type { Actor, Time } from './time.ts';
import type { Watchman } from './watchman.ts';

/** As in `db/connection.ts`. */
const QUERY_TIMEOUT_MS = 5_000;

/** The door to the database: it may be shut, and it may keep its answers. */
export class Door {
  isDown = false;
  /** So many of the next statements are carried out, and their answers lost. */
  answersToLose = 0;
  private readonly time: Time;

  constructor(time: Time) {
    this.time = time;
  }

  query<T>(actor: Actor, name: string, statement: () => T): Promise<T> {
    return this.time.ask(actor, {
      target: 'database',
      name,
      execute: () => {
        if (this.isDown) throw unavailable();
        const answer = statement();
        this.time.note(() => `  -> ${told(answer)}`);
        if (this.answersToLose === 0) return answer;
        this.answersToLose--;
        this.time.note(() => '  whose answer is lost');
        throw unavailable();
      },
      deadlineMs: QUERY_TIMEOUT_MS,
      late: () => {
        throw unavailable();
      },
    });
  }
}

function unavailable(): DavyError {
  return new DavyError('database-unavailable', 'Postgres: it is away');
}

function told(answer: unknown): string {
  return typeof answer === 'object' && answer !== null && 'epoch' in answer
    ? `epoch ${answer.epoch}`
    : (JSON.stringify(answer)?.slice(0, 80) ?? 'done');
}

export interface StoreParts {
  actor: Actor;
  workerId: string;
  table: RunTable;
  door: Door;
  watchman: Watchman;
  leaseSeconds: number;
}

/** The runs as one worker sees them. */
export function storeOf({ actor, workerId, table, door, watchman, leaseSeconds }: StoreParts): RunStore {
  const query = <T>(name: string, statement: () => T) => door.query(actor, name, statement);
  /** Whoever writes must be the owner: I3, whatever the statement itself looks at. */
  const asOwner = <T>(runId: string, what: string, write: () => T | null | false) => {
    const owner = table.rows.get(runId)?.owner;
    const written = write();
    if (written) watchman.insist(owner === workerId, () => `I3: a stale ${what} of run ${short(runId)}`);
    return written;
  };
  return {
    leaseSeconds,
    claim: (runId, claimant: Claimant) =>
      query(`claim ${short(runId)}`, () => {
        const held = table.rows.get(runId)?.holdsEnvironment ?? false;
        const claimed = table.claim(runId, claimant, leaseSeconds);
        const row = table.rows.get(runId);
        if (claimed && row) watchman.claimed(row, held, table);
        return claimed && { run: asRun(claimed), pipeline: claimed.pipeline };
      }),
    renew: (runId, epoch) =>
      query(
        `renew ${short(runId)} (epoch ${epoch})`,
        () => asOwner(runId, 'renewal', () => table.renew(runId, epoch, leaseSeconds)) === true,
      ),
    release: (claim) => query(`release ${short(claim.runId)}`, () => table.release(claim)),
    releaseStrays: (claimant, underWay) =>
      query('release strays', () => table.releaseStrays(claimant, underWay, leaseSeconds)),
    begin: (write) =>
      query(
        `begin ${short(write.runId)} (epoch ${write.epoch})`,
        () => asOwner(write.runId, 'intent', () => table.begin(write)) === true,
      ),
    save: (write) =>
      query(
        `save ${short(write.runId)} (epoch ${write.epoch}): ${write.transition.state.status}`,
        () => asOwner(write.runId, 'save', () => table.save(write)) || null,
      ),
    toCancel: (claimant) => query('what is to be cancelled?', () => table.toCancel(claimant)),
    due: (claimant, quietSeconds) => query('what is due?', () => table.due(claimant, quietSeconds)),
    nextDispatch: (runId, dispatch) =>
      query(`count a call of ${short(runId)}`, () => table.nextDispatch(runId, dispatch)),
    delays: (claimant) => query('what waits?', () => table.delays(claimant)),
  };
}
