import type { Settings } from './settings.ts';

/** The pipeline that the watch runs for a fault that it found. */
export const WATCH_PIPELINE = 'mining-stack-recovery';

/** What a run may do about failures: the settings, as far as `transition()` needs them. */
export interface RecoveryPolicy {
  enabled: boolean;
  /** Failed targeted attempts after which only the last resort is left. */
  targetedAttempts: number;
  /** Seconds before the second, third, ... attempt; the last one repeats. */
  backoffSeconds: readonly number[];
  /** Stage attempts in one run, all stages together. */
  maxStageAttempts: number;
}

export function recoveryPolicy(settings: Settings, mutating: boolean): RecoveryPolicy {
  return {
    enabled: settings.autoRecoveryEnabled && mutating,
    targetedAttempts: Math.min(settings.maxRecoveryAttempts, settings.escalateAfterFailures),
    backoffSeconds: settings.recoveryBackoffSeconds,
    maxStageAttempts: settings.maxStageAttempts,
  };
}

/** `targeted`: the strategy of the failure. `last_resort`: a reset where that is allowed, else one more look. */
export type RecoveryMode = 'targeted' | 'last_resort';

export type RecoveryDecision =
  | { kind: 'attempt'; number: number; mode: RecoveryMode; delaySeconds: number }
  | { kind: 'exhausted'; attempts: number };

/**
 * What follows after that many failed recovery attempts of one incident: the first attempt at once, each later
 * one after its delay, the last resort after the last targeted one, then nothing more.
 */
export function decideRecovery(attemptsMade: number, policy: RecoveryPolicy): RecoveryDecision {
  if (attemptsMade > policy.targetedAttempts) return { kind: 'exhausted', attempts: attemptsMade };
  const mode = attemptsMade < policy.targetedAttempts ? 'targeted' : 'last_resort';
  return {
    kind: 'attempt',
    number: attemptsMade + 1,
    mode,
    delaySeconds: delayBefore(attemptsMade, policy.backoffSeconds),
  };
}

function delayBefore(attemptsMade: number, backoffSeconds: readonly number[]): number {
  if (attemptsMade === 0) return 0;
  return backoffSeconds[Math.min(attemptsMade, backoffSeconds.length) - 1] ?? 0;
}
