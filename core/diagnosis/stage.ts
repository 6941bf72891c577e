import type { Diagnosis, FailureType } from '../failure.ts';
import type { Failure } from '../run.ts';

/** What a stage can fail with that no look at the components shows, and no restart mends. */
const STAGE_FAILURES: Readonly<Record<string, FailureType>> = {
  resource_exhausted: 'resource_exhausted',
  missing_dependencies: 'missing_dependencies',
  bad_config: 'bad_config',
  unsafe: 'bad_config',
  undeclared_decision: 'bad_config',
  unrouted_decision: 'bad_config',
};

/** The diagnosis that the failed stage itself gives, where it is conclusive. */
export function diagnoseStage({ code, message }: Failure): Diagnosis | null {
  const failure = Object.hasOwn(STAGE_FAILURES, code) ? STAGE_FAILURES[code] : undefined;
  return failure === undefined
    ? null
    : { component: 'environment', role: 'environment', failure, evidence: [message] };
}
