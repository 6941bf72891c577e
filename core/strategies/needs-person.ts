import { hopeless, type Strategy } from '../strategy.ts';
import { nextStepSentence } from '../words/failure.ts';

/** Failures that no restart and no reset mends: they go to a person at once, with the evidence. */
export const needsPerson: Strategy = {
  name: 'needs-person',
  failures: {
    environment: ['resource_exhausted', 'missing_dependencies', 'bad_config'],
    daemon: [
      'incompatible',
      'bad_config',
      'missing_dependencies',
      'port_conflict',
      'lock_held',
      'resource_exhausted',
    ],
    pool: ['incompatible', 'bad_config', 'missing_dependencies', 'resource_exhausted', 'unknown'],
    miner: ['bad_config', 'resource_exhausted', 'unknown'],
  },
  plan({ diagnosis }) {
    const reason = diagnosis.failure === 'resource_exhausted' ? 'resource_exhausted' : 'critical_error';
    const nextStep = nextStepSentence(diagnosis.component, diagnosis.failure);
    return hopeless(reason, diagnosis, `${nextStep} Then resume the run.`);
  },
};
