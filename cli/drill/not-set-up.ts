import { DavyError } from '../../core/errors.ts';
import { describeDiagnosis } from '../../core/failure.ts';
import type { SeenRun } from '../../drill/davylamp.ts';
import type { Stack } from '../../worker/components/stack.ts';

/** What a drill ends with where a stack does not work to begin with: which component, why, and what to do. */
export function notSetUp({ environment, directory }: Stack, run: SeenRun, reason = reasonOf(run)): DavyError {
  return new DavyError('not-set-up', `${environment.name} could not be set up: ${reason}`, {
    component: run.incidents.at(-1)?.component ?? 'environment',
    nextStep: `Put right what stands there, until "davy run ${run.pipelineName}" in ${directory} succeeds; then start the drill again.`,
  });
}

function reasonOf({ status, incidents }: SeenRun): string {
  const incident = incidents.at(-1);
  if (!incident) return `the run of its setup is ${status}`;
  const { component, failure, evidence, escalation } = incident;
  const finding = { component: component ?? 'a stage', failure: failure ?? 'failed', evidence };
  return escalation?.detail ?? describeDiagnosis(finding);
}
