import type { Clock } from '../../../worker/clock.ts';

/** Somebody who acts in the simulated world: a worker in one of its lives, or the API. */
export interface Actor {
  readonly name: string;
  alive: boolean;
  /** Stopped by a signal: it hears nothing, its timers do not call, its clock goes on. */
  frozen: boolean;
  /** Milliseconds for which its machine slept: its clock stood still. */
  sleptMs: number;
  /** What would have reached it while it was frozen. */
  readonly unheard: (() => void)[];
}

export function newActor(name: string): Actor {
  return { name, alive: true, frozen: false, sleptMs: 0, unheard: [] };
}

interface Timer {
  atMs: number;
  actor: Actor;
  call: () => void;
}

/** Something asked of the world, which happens in one step, whenever the schedule says so. */
export interface Operation {
  actor: Actor;
  /** Counts what was asked for, by anybody: in the midst of a millisecond time stands still, these go on. */
  number: number;
  target: Target;
  name: string;
  happen: () => void;
}

export type Target = 'database' | 'queue' | 'host';

export interface Question<T> {
  target: Target;
  name: string;
  execute: () => T;
  /** After this time the asker is told so, and the operation may happen all the same, now or later. */
  deadlineMs?: number;
  late?: () => T;
}

/** The time of the database, the timers of everybody, and what was asked and has not happened yet. */
export class Time {
  nowMs = 1_000_000;
  readonly operations: Operation[] = [];
  readonly timers = new Set<Timer>();
  readonly trace: string[] | null;
  /** The number of the last operation that was asked for. */
  lastAsked = 0;

  constructor(traced: boolean) {
    this.trace = traced ? [] : null;
  }

  note(line: () => string): void {
    this.trace?.push(`${((this.nowMs - 1_000_000) / 1000).toFixed(3).padStart(9)} ${line()}`);
  }

  after(actor: Actor, ms: number, call: () => void): () => void {
    const timer = { atMs: this.nowMs + Math.max(0, ms), actor, call };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  clockOf(actor: Actor): Clock {
    return {
      now: () => this.nowMs - actor.sleptMs,
      after: (ms, call) => (actor.alive ? this.after(actor, ms, call) : () => {}),
    };
  }

  /** Asks; the answer comes when the operation happens, never where the asker is dead by then. */
  ask<T>(actor: Actor, { target, name, execute, deadlineMs, late }: Question<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!actor.alive) return;
      const askedAt = this.clockOf(actor).now();
      const isLate = () => deadlineMs !== undefined && this.clockOf(actor).now() - askedAt >= deadlineMs;
      const settle = (give: () => T) => {
        try {
          resolve(give());
        } catch (error) {
          reject(error);
        }
      };
      const callOff = late && deadlineMs !== undefined && this.after(actor, deadlineMs, () => settle(late));
      const happen = () => {
        let answer = (): T => {
          throw new Error('nothing happened');
        };
        try {
          const value = execute();
          answer = () => value;
        } catch (error) {
          answer = () => {
            throw error;
          };
        }
        this.tell(actor, () => {
          if (callOff) callOff();
          settle(late && isLate() ? late : answer);
        });
      };
      this.operations.push({ actor, number: ++this.lastAsked, target, name, happen });
    });
  }

  /** Lets somebody hear of something, as soon as it can hear. */
  tell(actor: Actor, hear: () => void): void {
    if (!actor.alive) return;
    if (actor.frozen) actor.unheard.push(hear);
    else hear();
  }

  happen(operation: Operation): void {
    this.operations.splice(this.operations.indexOf(operation), 1);
    this.note(() => `${operation.actor.name}: ${operation.name}`);
    operation.happen();
  }

  /** The timers that may call now. */
  due(): Timer[] {
    return [...this.timers].filter(({ atMs, actor }) => atMs <= this.nowMs && actor.alive && !actor.frozen);
  }

  fire(timer: Timer): void {
    if (this.timers.delete(timer)) timer.call();
  }

  /** When the next timer calls that can. */
  nextAtMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { atMs, actor } of this.timers) if (!actor.frozen && atMs < nextMs) nextMs = atMs;
    return nextMs;
  }

  /** It ends: none of its timers calls, and what it asked for happens only where `keeps` says so, unheard. */
  kill(actor: Actor, keeps: (operation: Operation) => boolean): void {
    actor.alive = false;
    for (const timer of this.timers) if (timer.actor === actor) this.timers.delete(timer);
    const lost = this.operations.filter((operation) => operation.actor === actor && !keeps(operation));
    for (const operation of lost) this.operations.splice(this.operations.indexOf(operation), 1);
  }

  /** The machine of this actor sleeps: its timers wait as much longer. */
  sleep(actor: Actor, ms: number): void {
    actor.sleptMs += ms;
    for (const timer of this.timers) if (timer.actor === actor) timer.atMs += ms;
  }
}

/** Everybody does what follows at once from what happened. */
export function drained(): Promise<void> {
  return new Promise(setImmediate);
}
