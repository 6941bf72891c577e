import type { ProblemCode } from '../contract/problems.ts';
import { ProblemError } from './problem.ts';

const LISTED: Readonly<Partial<Record<ProblemCode, readonly [what: string, nextStep: string]>>> = {
  'unknown-run': ['No run has this id.', 'GET /v1/runs lists them.'],
  'unknown-incident': ['No incident has this id.', 'GET /v1/incidents lists them.'],
  'unknown-webhook': ['No webhook has this id.', 'GET /v1/webhooks lists them.'],
  'unknown-key': [
    'No API key has this id.',
    'GET /v1/keys lists them. The id is the part of a key between the underscores.',
  ],
  'unknown-delivery': [
    'The webhook has no delivery of this notice.',
    'GET /v1/webhooks/{id}/deliveries lists them.',
  ],
  'unknown-environment': ['No environment has this name.', 'GET /v1/environments lists them.'],
};

/** The answer to who asks for something that is not there: 404, and where the things of its kind are listed. */
export function unknown(code: ProblemCode): ProblemError {
  const [what = 'There is no such thing.', nextStep] = LISTED[code] ?? [];
  return new ProblemError(code, what, nextStep === undefined ? {} : { nextStep });
}
