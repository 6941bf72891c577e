import type { Pipeline } from '../core/pipeline.ts';
import {
  type Claimant,
  claimRun,
  type DueRun,
  findDelays,
  findDueRuns,
  nextDispatch,
  releaseRun,
  releaseStrays,
  renewLease,
} from './claims.ts';
import type { Database } from './connection.ts';
import { runsToCancel } from './control.ts';
import { findPinned, type Run } from './runs.ts';
import { saveBegin, saveTransition, type TransitionWrite, type Written } from './transitions.ts';

/** A run in somebody's hands, with the definition that is pinned to it. */
export interface TakenRun {
  run: Run;
  pipeline: Pipeline;
}

/**
 * The truth about runs, as an engine needs it. Every write names the epoch of its claim and changes nothing once
 * that has moved on. Any of them may throw `database-unavailable`, and may have been carried out all the same.
 */
export interface RunStore {
  /** How long a claim holds without a sign of life. */
  readonly leaseSeconds: number;
  /** Takes a run that is due and free; `null` where it is not. */
  claim(runId: string, claimant: Claimant): Promise<TakenRun | null>;
  /** A sign of life. `false`: the run is no longer ours. */
  renew(runId: string, epoch: number): Promise<boolean>;
  /** Gives a run back as it is. `counts`: the claim stays on the account of a run that may break its worker. */
  release(claim: { runId: string; epoch: number; counts: boolean }): Promise<void>;
  /** Frees the runs that this worker owns and does not work on: it could not give them back when it wanted to. */
  releaseStrays(claimant: Claimant, underWay: readonly string[]): Promise<void>;
  /** Saves the intent; `false`: the run is no longer ours. */
  begin(write: TransitionWrite): Promise<boolean>;
  /** Saves what came of it and gives the claim back; `null`: the run is no longer ours. */
  save(write: TransitionWrite): Promise<Written>;
  /** The runs in this worker's hands that somebody wants ended. */
  toCancel(claimant: Claimant): Promise<string[]>;
  due(claimant: Claimant, quietSeconds: number): Promise<DueRun[]>;
  nextDispatch(runId: string, dispatch: number): Promise<number | null>;
  delays(claimant: Claimant): Promise<{ id: string; delayMs: number }[]>;
}

const PINNED_MAX = 100;

export function openRunStore(database: Database, leaseSeconds: number): RunStore {
  /** Definitions never change: they are named by their content. */
  const pinned = new Map<string, Pipeline>();
  const pipelineOf = async (hash: string): Promise<Pipeline> => {
    const known = pinned.get(hash);
    if (known) return known;
    const pipeline = await findPinned(database, hash);
    if (pinned.size >= PINNED_MAX) pinned.clear();
    pinned.set(hash, pipeline);
    return pipeline;
  };
  return {
    leaseSeconds,
    async claim(runId, claimant) {
      const run = await claimRun(database, runId, claimant, leaseSeconds);
      return run && { run, pipeline: await pipelineOf(run.pipelineHash) };
    },
    renew: (runId, epoch) => renewLease(database, runId, epoch, leaseSeconds),
    release: (claim) => releaseRun(database, claim),
    releaseStrays: (claimant, underWay) => releaseStrays(database, claimant, { underWay, leaseSeconds }),
    begin: (write) => saveBegin(database, write),
    save: (write) => saveTransition(database, write),
    toCancel: ({ workerId }) => runsToCancel(database, workerId),
    due: (claimant, quietSeconds) => findDueRuns(database, claimant, quietSeconds),
    nextDispatch: (runId, dispatch) => nextDispatch(database, runId, dispatch),
    delays: (claimant) => findDelays(database, claimant),
  };
}
