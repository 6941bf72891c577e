import type { FailureType } from '../failure.ts';
import { hopeless, type Strategy } from '../strategy.ts';

const NEXT_STEPS: Partial<Record<FailureType, string>> = {
  resource_exhausted: 'Free the resource, then resume the run.',
  incompatible: 'Update the pool, or run a daemon that the pool understands; no restart mends this.',
  bad_config: 'Correct the configuration file named above, then resume the run.',
  port_conflict: "End the other process or change the daemon's port in its configuration and in davy.json.",
  lock_held: 'Another daemon works in this data directory: end it, or give this one a directory of its own.',
  missing_dependencies: 'Install what is missing, then resume the run.',
};

/** Failures that no restart and no reset mends: they go to a person at once, with the evidence. */
export const needsPerson: Strategy = {
  name: 'needs-person',
  failures: {
    environment: ['resource_exhausted', 'missing_dependencies', 'bad_config'],
    daemon: ['incompatible', 'bad_config', 'port_conflict', 'lock_held', 'resource_exhausted'],
    pool: ['incompatible', 'bad_config', 'resource_exhausted', 'unknown'],
    miner: ['bad_config', 'resource_exhausted', 'unknown'],
  },
  plan({ diagnosis }) {
    const reason = diagnosis.failure === 'resource_exhausted' ? 'resource_exhausted' : 'critical_error';
    return hopeless(reason, diagnosis, NEXT_STEPS[diagnosis.failure] ?? 'Look at the evidence and the logs.');
  },
};
