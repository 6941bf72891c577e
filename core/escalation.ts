/** Why automatic help ended. */
export const ESCALATION_REASONS = [
  'attempts_exhausted',
  'crash_loop',
  'cascading_failure',
  'critical_error',
  'resource_exhausted',
] as const;
export type EscalationReason = (typeof ESCALATION_REASONS)[number];

export interface Escalation {
  reason: EscalationReason;
  /** What happened and what to do next, for the person who is called. */
  detail: string;
}

/** Why an incident was left unrepaired although nobody is called: somebody, or the pipeline, wanted it so. */
export const CLOSING_WORDS = ['cancelled', 'recovery_off', 'stage_attempt_cap', 'run_failed'] as const;
export type ClosingWord = (typeof CLOSING_WORDS)[number];

/** The end of an incident that is neither healed nor escalated. */
export interface Closing {
  reason: ClosingWord;
  detail: string;
}

/** An incident whose run was cancelled, or was not to be healed, calls nobody. */
export function endOf({ reason }: { reason: string }): 'escalated' | 'closed' {
  return CLOSING_WORDS.some((word) => word === reason) ? 'closed' : 'escalated';
}
