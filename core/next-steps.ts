import type { ClosingWord, EscalationReason } from './escalation.ts';
import type { FailureType } from './failure.ts';
import { firstStepSentence } from './words/escalation.ts';
import { nextStepSentence } from './words/failure.ts';

export interface Stuck {
  environment: string;
  component: string | null;
  failure: FailureType | null;
  reason: EscalationReason | ClosingWord | null;
}

/** What a person who is called should do, in order. */
export function suggestedNextSteps({ environment, component, failure, reason }: Stuck): string[] {
  const first = reason === null ? null : firstStepSentence(reason);
  return [
    ...(first === null ? [] : [first]),
    nextStepSentence(component, failure),
    `While you work on it: POST /v1/environments/${environment}/maintenance, and DELETE it afterwards.`,
    'Prove the repair with the pipeline mining-health-check, then run again what was broken off.',
  ];
}
