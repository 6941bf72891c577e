import type { StageAction } from '../../core/agent.ts';
import type { DesiredState } from '../../core/component.ts';
import type { Observation } from '../../core/observation.ts';
import type { Stage } from '../../core/pipeline.ts';
import type { ResetStepName, ResetType } from '../../core/reset.ts';
import type { Failure } from '../../core/run.ts';
import type { Member, Stack } from '../components/stack.ts';

/** What an agent may use. Everything it does is safe to do again: it looks first, acts, and looks at the result. */
export interface StageContext {
  stage: Stage;
  stack: Stack;
  /** Names the attempt: a second life of it finds by this what the first one began. */
  attemptId: string;
  /** Of these attempts, those whose outcome is saved. */
  saved(attemptIds: readonly string[]): Promise<string[]>;
  /** Aborted when the stage is out of time, cancelled, or no longer ours. */
  signal: AbortSignal;
  observe(): Promise<Observation>;
  /** Records whether components should be running: recovery restores only what should be. */
  want(members: readonly Member[], desired: DesiredState): Promise<void>;
  /** Resets the whole environment; tells each step. What ran before runs again afterwards. */
  reset(type: ResetType, note: (step: ResetStepName, result: string) => Promise<void>): Promise<void>;
  /** Remembers the height of the chain, below which it must never fall again. */
  rememberHeight(height: number): Promise<void>;
}

/**
 * How a stage went. The agent says yes or no, to which the stage's own decisions give a name; or it names the
 * decision itself, where its action chooses among the stage's own words.
 */
export type StageVerdict =
  | { succeeded: true; evidence: Record<string, unknown> }
  | { succeeded: false; failure: Failure; evidence: Record<string, unknown> }
  | { decision: string; evidence: Record<string, unknown> };

export type StageExecutor = (context: StageContext) => Promise<StageVerdict>;

/** Each action of each agent has one executor: an action without one does not compile. */
export type Executors<Action extends StageAction> = Readonly<Record<Action, StageExecutor>>;

export function succeeded(evidence: Record<string, unknown> = {}): StageVerdict {
  return { succeeded: true, evidence };
}

export function decided(decision: string, evidence: Record<string, unknown> = {}): StageVerdict {
  return { decision, evidence };
}

export function failed(code: string, message: string, evidence: Record<string, unknown> = {}): StageVerdict {
  return { succeeded: false, failure: { code, message }, evidence };
}
