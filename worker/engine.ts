import { messageOf } from '../core/errors.ts';
import { isFinished } from '../core/run.ts';
import { Attempt, type AttemptOptions, endOf, type Stops } from './attempt.ts';
import { pause } from './clock.ts';
import { Exclusive } from './exclusive.ts';
import { CancelledError } from './host/abort.ts';
import type { Registry } from './registry.ts';
import type { RunClaim } from './run-claim.ts';
import { openSuspects, SUSPECT_CLAIMS } from './suspects.ts';

export interface EngineOptions extends Omit<AttemptOptions, 'exclusive'> {
  registry: Pick<Registry, 'claimant' | 'stack'>;
  /** Called whenever an attempt has ended. */
  onIdle?: () => void;
}

/** Carries runs from attempt to attempt: claim, begin, act, save, wake the next. */
export interface Engine {
  /** Does the next attempt of a run, if it is due and ours to do. Never throws. */
  handle(runId: string): Promise<void>;
  /** Does the attempt that was begun with the claim. Never throws. */
  carryOn(claim: RunClaim): Promise<void>;
  /** Wakes a run by our own clock, which is more punctual than the queue's. */
  wakeAfter(runId: string, delayMs: number): void;
  /** Ends a run: the attempt under way is broken off, or the next claim does it. Never throws. */
  cancel(runId: string): Promise<void>;
  /** The runs that this engine has in hand. */
  underWay(): string[];
  /** Whether it has something in hand in that environment, or something goes on there that was cut off. */
  isAtWork(environmentId: string): boolean;
  /** Another may act there from now on: everything under way in that environment stops. */
  leave(environmentId: string): void;
  /** Stops after the attempts under way, or gives them back unfinished when the grace is over. */
  close(graceMs: number): Promise<void>;
}

/** For what was told to stop to give its run back. */
const HAND_BACK_MS = 2_000;

export function openEngine(options: EngineOptions): Engine {
  const { store, registry, clock, log } = options;
  const turns = new Map<string, Turn>();
  const timers = new Set<() => void>();
  const exclusive = new Exclusive();
  const suspects = openSuspects(clock, (runId) => void engine.handle(runId));
  let closing = false;

  const attempt = async (runId: string, turn: Turn): Promise<void> => {
    const taken = await store.claim(runId, registry.claimant());
    if (!taken) return;
    const { run, pipeline } = taken;
    const stack = registry.stack(run.environmentId);
    if (!stack || isFinished(run.state))
      return await store.release({ runId, epoch: run.epoch, counts: true });
    if (run.claims >= SUSPECT_CLAIMS && !suspects.admits(runId))
      return await store.release({ runId, epoch: run.epoch, counts: false });
    const claim = { run, pipeline, stack, cancelled: run.cancelRequestedAt !== null };
    await carryOut(claim, turn).finally(() => suspects.over(runId));
  };

  const carryOut = async (claim: RunClaim, turn: Turn): Promise<void> => {
    turn.environmentId = claim.run.environmentId;
    const held = { ...claim, lost: turn.lost.signal };
    await new Attempt({ ...options, exclusive }, held, turn, engine.wakeAfter).carryOut();
  };

  const take = async (runId: string, work: (turn: Turn) => Promise<void>): Promise<void> => {
    if (closing) return;
    const turn: Turn = {
      done: Promise.resolve(),
      stop: new AbortController(),
      lost: new AbortController(),
      next: null,
    };
    turns.set(runId, turn);
    turn.done = work(turn).catch((error: unknown) => {
      if (!turn.stop.signal.aborted)
        log('error', 'an attempt was broken off', { runId, reason: messageOf(error) });
    });
    await turn.done;
    turns.delete(runId);
    options.onIdle?.();
  };

  const engine: Engine = {
    async handle(runId) {
      const turn = turns.get(runId);
      if (!turn) return await take(runId, (own) => attempt(runId, own));
      // The call for the next attempt often comes before the last one has let go. One waits; more say no more.
      if (turn.next) return;
      turn.next = turn.done.then(() => engine.handle(runId));
      await turn.next;
    },

    async carryOn(claim) {
      const { id: runId, epoch, environmentId } = claim.run;
      await take(runId, async (turn) => {
        // The fence may have gone while the claim was written: `leave` came too early for it.
        if (registry.stack(environmentId)) return await carryOut(claim, turn);
        await store.release({ runId, epoch, counts: false });
      });
    },

    wakeAfter(runId, delayMs) {
      if (closing) return;
      const callOff = clock.after(delayMs, () => {
        timers.delete(callOff);
        void engine.handle(runId);
      });
      timers.add(callOff);
    },

    async cancel(runId) {
      const turn = turns.get(runId);
      if (!turn) return await engine.handle(runId);
      turn.stop.abort(new CancelledError('the run was cancelled'));
      await turn.done;
    },

    underWay: () => [...turns.keys()],

    isAtWork: (environmentId) =>
      exclusive.has(environmentId) ||
      [...turns.values()].some((turn) => turn.environmentId === environmentId),

    leave(environmentId) {
      for (const turn of turns.values())
        if (turn.environmentId === environmentId) endOf(turn).abort(new Error('the fence was lost'));
    },

    async close(graceMs) {
      closing = true;
      for (const callOff of timers) callOff();
      const all = Promise.all([...turns.values()].map(({ done }) => done));
      await Promise.race([all, pause(clock, graceMs)]);
      for (const turn of turns.values()) endOf(turn).abort(new Error('the worker stops'));
      await Promise.race([all, pause(clock, HAND_BACK_MS)]);
    },
  };
  return engine;
}

/** An attempt under way, and the call that came meanwhile. */
interface Turn extends Stops {
  done: Promise<void>;
  next: Promise<void> | null;
  /** Known once the run is claimed. */
  environmentId?: string;
}
