import { recoveryPolicy } from '../../../core/recovery.ts';
import type { RunState } from '../../../core/run.ts';
import { isFinished } from '../../../core/run.ts';
import type { Settings } from '../../../core/settings.ts';
import { Ledger } from '../../core/properties/ledger.ts';
import type { Broker } from './queue.ts';
import { short } from './queue.ts';
import type { RunRow, RunTable, RunWrite } from './run-table.ts';

/** Calls that may wait beside one for each run; that of a run which ended meanwhile may still be there. */
const SLACK = 4;

export class Broken extends Error {
  override readonly name = 'Broken';
}

export interface Order {
  run: { id: string; epoch: number };
  attemptId: string;
  what: string;
  /** Of the orders that one life of the attempt gave. */
  sequence: number;
  name: string;
}

/** Looks at everything that happens and objects to what must never be. It believes no worker, only the world. */
export class Watchman {
  private readonly settings: Settings;
  private readonly now: () => number;
  private readonly ledgers = new Map<string, Ledger>();
  /** When the next recovery attempt of a run may begin, by its delay. */
  private readonly notBefore = new Map<string, number>();
  private readonly keys = new Set<string>();
  /** Claims, as run and epoch, of what was to be cancelled already. */
  private readonly cancelling = new Set<string>();
  /** What was ordered of the host, by run, attempt, life and sequence. */
  private readonly orders = new Set<string>();
  /** The first thing that was wrong. */
  broken: Broken | null = null;

  constructor(settings: Settings, now: () => number) {
    this.settings = settings;
    this.now = now;
  }

  /** A request with this key became a run. */
  accepted(key: string): void {
    this.insist(!this.keys.has(key), () => `two runs were accepted under ${key}`);
    this.keys.add(key);
  }

  /** In one life of an attempt everything is ordered once; a further life looks first, and orders what is missing. */
  ordered({ run, attemptId, what, sequence, name }: Order): void {
    const order = `${run.id} ${attemptId} ${run.epoch} ${what} ${sequence}`;
    this.insist(!this.orders.has(order), () => `I2: ordered twice in run ${short(run.id)}: ${name}`);
    this.orders.add(order);
  }

  object(rule: string): void {
    this.broken ??= new Broken(rule);
  }

  insist(condition: boolean, rule: () => string): void {
    if (!condition) this.object(rule());
  }

  wrote({ row, before, changes, kind }: RunWrite): void {
    const run = short(row.id);
    if (before !== null && isFinished(before))
      this.insist(kind === 'resumed', () => `I1: run ${run} left its end (${before.status}) by ${kind}`);
    this.book({ row, before, changes, kind });
    const { state } = row;
    if (kind === 'begun')
      this.insist(
        !this.cancelling.has(`${row.id} ${row.epoch}`),
        () => `run ${run} was to be cancelled and went on`,
      );
    if (kind === 'begun' && state.work?.kind === 'recovery')
      this.insist(
        this.now() >= (this.notBefore.get(row.id) ?? 0),
        () => `a recovery attempt of run ${run} began before its delay was over`,
      );
    if (kind === 'saved' && state.status === 'waiting_retry')
      this.notBefore.set(row.id, this.now() + state.work.delaySeconds * 1000);
    else if (kind !== 'begun') this.notBefore.delete(row.id);
  }

  /** Somebody ended the delay. */
  hastened(runId: string): void {
    this.notBefore.delete(runId);
  }

  claimed(row: RunRow, held: boolean, table: RunTable): void {
    if (row.cancelRequestedAt !== null) this.cancelling.add(`${row.id} ${row.epoch}`);
    if (!row.mutating || held) return;
    for (const other of table.rows.values())
      if (other !== row && other.environmentId === row.environmentId && other.mutating)
        this.insist(
          other.finishedAt !== null || (other.id > row.id && !other.holdsEnvironment),
          () => `run ${short(row.id)} was begun although run ${short(other.id)} comes first`,
        );
  }

  /** After each step. */
  look(table: RunTable, broker: Broker): void {
    const holders = new Set<string>();
    for (const row of table.rows.values()) {
      if (!row.holdsEnvironment) continue;
      this.insist(!holders.has(row.environmentId), () => 'two runs hold one environment');
      this.insist(row.finishedAt === null, () => `run ${short(row.id)} ended and holds its environment`);
      holders.add(row.environmentId);
    }
    const waiting = broker.jobs.size === 0 ? 0 : broker.waiting().length;
    this.insist(
      waiting <= table.rows.size + SLACK + broker.excused,
      () => `${waiting} calls wait for ${table.rows.size} runs`,
    );
  }

  private book({ row, before, changes, kind }: RunWrite): void {
    let ledger = this.ledgers.get(row.id);
    if (!ledger) {
      ledger = new Ledger(row.pipeline, recoveryPolicy(this.settings, row.mutating));
      this.ledgers.set(row.id, ledger);
    }
    const starts = kind === 'inserted' || kind === 'resumed';
    const event = starts ? null : ({ type: 'begun' } as const);
    try {
      ledger.book({
        event,
        before: starts ? null : before,
        after: row.state as RunState,
        changes: [...changes],
      });
    } catch (error) {
      this.object(`run ${short(row.id)}: ${error instanceof Error ? error.message : error}`);
    }
  }
}
