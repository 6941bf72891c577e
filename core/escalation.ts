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
