import type { Observation } from '../core/observation.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { ClaimedRun } from '../db/runs.ts';
import type { Stack } from './components/stack.ts';

/** A run in our hands, and where it is carried out. */
export interface RunClaim {
  run: ClaimedRun;
  pipeline: Pipeline;
  stack: Stack;
  /** What was seen an instant ago, where somebody looked: the first look of a recovery is spared. */
  seen?: Observation;
  /** The attempt was begun with the claim itself. */
  begun?: boolean;
  /** Aborted when another may act on the stack: whatever else it was told, nothing more may be done there. */
  lost?: AbortSignal;
  /** Somebody wants it ended. */
  cancelled?: boolean;
  /** Crashes that are being counted already, by the key of the process. */
  counting?: ReadonlyMap<string, Promise<number>>;
}
