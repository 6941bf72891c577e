import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../core/errors.ts';
import { isFinished } from '../core/run.ts';
import { claimRun, releaseRun } from '../db/claims.ts';
import { findRun } from '../db/runs.ts';
import { Attempt, type AttemptOptions, type Claim } from './attempt.ts';
import type { Registry } from './registry.ts';

export interface EngineOptions extends AttemptOptions {
  registry: Registry;
  /** Called whenever an attempt has ended. */
  onIdle?: () => void;
}

/** Carries runs from attempt to attempt: claim, begin, act, save, wake the next. */
export interface Engine {
  /** Does the next attempt of a run, if it is due and ours to do. Never throws. */
  handle(runId: string): Promise<void>;
  /** Does the attempt that was begun with the claim. Never throws. */
  carryOn(claim: Claim): Promise<void>;
  /** Wakes a run by our own clock, which is more punctual than the queue's. */
  wakeAfter(runId: string, delayMs: number): void;
  /** Stops after the attempts under way, or gives them back unfinished when the grace is over. */
  close(graceMs: number): Promise<void>;
}

export function openEngine(options: EngineOptions): Engine {
  const { database, registry, log } = options;
  const underWay = new Map<string, Turn>();
  const timers = new Set<NodeJS.Timeout>();
  let closing = false;

  const attempt = async (runId: string, stop: AbortController): Promise<void> => {
    const run = await claimRun(database, runId, registry.claimant());
    if (!run) return;
    const stack = registry.stack(run.environmentId);
    const detail = await findRun(database, runId);
    if (!stack || !detail || isFinished(run.state))
      return await releaseRun(database, { runId, epoch: run.epoch, counts: true });
    const claim: Claim = { run, pipeline: detail.pipeline, stack };
    await new Attempt(options, claim, stop, engine.wakeAfter).carryOut();
  };

  const take = async (
    runId: string,
    work: (stop: AbortController) => Promise<void> = (stop) => attempt(runId, stop),
  ): Promise<void> => {
    if (closing) return;
    const stop = new AbortController();
    const done = work(stop).catch((error: unknown) => {
      if (!stop.signal.aborted)
        log('error', 'an attempt was broken off', { runId, reason: messageOf(error) });
    });
    underWay.set(runId, { done, stop, next: null });
    await done;
    underWay.delete(runId);
    options.onIdle?.();
  };

  const engine: Engine = {
    async handle(runId) {
      const turn = underWay.get(runId);
      if (!turn) return await take(runId);
      // The call for the next attempt often comes before the last one has let go. One waits; more say no more.
      turn.next ??= turn.done.then(() => engine.handle(runId));
      await turn.next;
    },

    async carryOn(claim) {
      await take(claim.run.id, (stop) => new Attempt(options, claim, stop, engine.wakeAfter).carryOut());
    },

    wakeAfter(runId, delayMs) {
      if (closing) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        void engine.handle(runId);
      }, delayMs);
      timers.add(timer);
    },

    async close(graceMs) {
      closing = true;
      for (const timer of timers) clearTimeout(timer);
      const all = Promise.all([...underWay.values()].map(({ done }) => done));
      await Promise.race([all, pause(graceMs, undefined, { ref: false })]);
      for (const { stop } of underWay.values()) stop.abort(new Error('the worker stops'));
      await Promise.race([all, pause(2_000, undefined, { ref: false })]);
    },
  };
  return engine;
}

/** An attempt under way, and the call that came meanwhile. */
interface Turn {
  done: Promise<void>;
  stop: AbortController;
  next: Promise<void> | null;
}
