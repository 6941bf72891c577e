import type { ClosingWord, EscalationReason } from '../escalation.ts';
import { known, readable } from './text.ts';

const MEANINGS = {
  attempts_exhausted: 'Every repair that is allowed was tried, and none of them held.',
  crash_loop: 'It starts and dies again and again.',
  cascading_failure: 'Several components failed at once, and repairing them in order did not help.',
  critical_error: 'Automatic repair would do harm or cannot help here: nothing more is tried.',
  resource_exhausted: 'This machine has run out of disk space, memory, file descriptors or processes.',
  cancelled: 'The run was cancelled before this was repaired.',
  recovery_off: 'Nothing was tried: automatic recovery is off for runs like this one.',
  stage_attempt_cap: 'The run has made as many attempts as it may.',
  run_failed: 'The pipeline ended the run before this was repaired.',
} satisfies Record<EscalationReason | ClosingWord, string>;

/** What comes before the next step that the failure asks for. */
const FIRST_STEPS: Partial<Record<EscalationReason | ClosingWord, string>> = {
  crash_loop: 'Find out what ends it before it is started once more.',
  resource_exhausted: 'Make room first; nothing that is started now will stay up.',
  stage_attempt_cap: 'Look for stages that undo each other: the pipeline goes in a circle.',
};

/** Why automatic help ended, or why there was none. */
export function escalationSentence(reason: string): string {
  return known<string>(MEANINGS, reason) ?? `It ended unrepaired: ${readable(reason)}.`;
}

/** What a person does before anything else; `null`: what the failure itself asks for. */
export function firstStepSentence(reason: string): string | null {
  return known<string | undefined>(FIRST_STEPS, reason) ?? null;
}
