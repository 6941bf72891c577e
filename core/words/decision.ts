import type { KnownDecision } from '../agent.ts';
import type { RecoveryAttemptOutcome } from '../run.ts';
import { known, readable, sentence } from './text.ts';

const SENTENCES = {
  dependencies_ok: 'All programs that the stack needs are installed.',
  missing_dependencies: 'Programs that the stack needs are missing.',
  configs_generated: 'Every component has its configuration.',
  config_generation_failed: 'The configuration could not be written.',
  all_dependencies_installed: 'The missing programs were installed.',
  installation_failed: 'The missing programs could not be installed.',
  daemon_started: 'The daemon runs and answers.',
  daemon_failed: 'The daemon did not come up.',
  daemon_stopped: 'The daemon has stopped.',
  daemon_stop_failed: 'The daemon could not be stopped.',
  blocks_generated: 'The blocks were generated.',
  block_generation_failed: 'The blocks could not be generated.',
  wallet_funded: 'The wallet has coins that it can spend.',
  funding_failed: 'The wallet could not be funded.',
  reward_credited: 'The wallet was credited with a block that the miners found.',
  reward_missing: 'No block of the miners reached the wallet.',
  pool_started: 'The pool runs.',
  pool_failed: 'The pool did not come up.',
  pool_stopped: 'The pool has stopped.',
  pool_stop_failed: 'The pool could not be stopped.',
  connection_verified: 'The pool hands out work of the daemon.',
  connection_failed: 'The pool and the daemon do not work together.',
  miner_configured: 'The miners are configured.',
  miner_config_failed: 'The miners could not be configured.',
  mining_started: 'The miners are at work.',
  mining_failed: 'The miners did not get to work.',
  mining_active: 'The miners are at work, and their shares are accepted.',
  mining_stopped: 'The miners have ceased to work.',
  miners_stopped: 'The miners have stopped.',
  miners_stop_failed: 'The miners could not be stopped.',
  complete: 'Work flows through daemon, pool and miners.',
  validation_failed: 'Work does not flow through the whole stack.',
  healthy: 'Everything that should be running works.',
  unhealthy: 'Something that should be running does not work.',
  reset_completed: 'The stack was reset and works.',
  reset_failed: 'The stack could not be reset.',
  recovery_successful: 'It was repaired, and the repair was proven.',
  environment_reset: 'The whole stack was reset, and it works.',
  recovery_failed: 'It could not be repaired.',
  error: 'The repair itself met an error.',
} satisfies Record<KnownDecision, string>;

/** How a single recovery attempt ended, where it is no decision. */
const OUTCOMES = {
  failed: 'This attempt did not repair it.',
  escalated: 'This attempt found that a person is needed.',
  cancelled: 'This attempt was broken off: the run was cancelled.',
} satisfies Record<Exclude<RecoveryAttemptOutcome, KnownDecision>, string>;

/** Of the decision of a stage or the outcome of a recovery attempt. */
export function decisionSentence(decision: string): string {
  return known({ ...SENTENCES, ...OUTCOMES }, decision) ?? sentence(readable(decision));
}
