import type { Environment } from './environment.ts';
import type { Escalation } from './escalation.ts';
import { type Diagnosis, describeDiagnosis, type FailureType } from './failure.ts';
import type { Observation } from './observation.ts';
import type { ResetStepName } from './reset.ts';
import type { Settings } from './settings.ts';

/** One thing that a recovery does, as data. Each type has one executor in the worker. */
export type Action =
  | { type: 'start'; component: string; reindex: boolean }
  /** `force`: at once with SIGKILL, for a process that cannot answer. */
  | { type: 'stop'; component: string; force: boolean }
  | { type: 'clear_stale_locks'; component: string }
  | { type: 'connect_peers'; component: string }
  /** Renames the settings.json that a daemon wrote for itself and cannot read any more. */
  | { type: 'set_aside_settings'; component: string }
  | { type: 'move_stratum_port'; component: string; port: number }
  /** Writes the daemon's credentials into the pool's configuration. */
  | { type: 'align_credentials'; component: string }
  /** Writes the login of `davy.json` into the miner's configuration. */
  | { type: 'align_login'; component: string }
  /** Puts a miner's alternative in its place. */
  | { type: 'switch_miner'; component: string }
  /** Points every miner at the pool's configured port and starts those anew whose configuration changed. */
  | { type: 'redirect_miners' }
  /** Sends miners to the pool's other address from now on: across the border of WSL2, or back. */
  | { type: 'switch_reach'; component: string }
  /** Nothing but patience: the component mends itself. */
  | { type: 'wait'; component: string };

export type ActionType = Action['type'];

/** One step of an environment reset, as it is kept beside the actions of strategies. */
export interface ResetStep {
  type: 'reset';
  step: ResetStepName;
}

/** What a strategy may look at. */
export interface Situation {
  diagnosis: Diagnosis;
  observation: Observation;
  environment: Environment;
  settings: Settings;
  /** How often the component crashed within the time that `crashLoop` sets; 0 where it did not crash just now. */
  crashes: number;
}

/** One step of a strategy's ladder: actions, then the proof that the component works within its time. */
export interface Rung {
  actions: Action[];
  verifySeconds: number;
}

export type Plan =
  /** `otherwise`: what to say at once where no rung helped; missing: another attempt may. */
  { kind: 'ladder'; rungs: Rung[]; otherwise?: Escalation } | { kind: 'hopeless'; escalation: Escalation };

/** What may be named as the way in which something was repaired: the strategies, and what takes their place. */
export type StrategyName =
  | 'daemon-crash'
  | 'rpc-failure'
  | 'pool-disconnection'
  | 'miner-error'
  | 'stale-lock'
  | 'needs-person'
  | 'crash-loop'
  | 'environment-reset';

/** How one family of failures is repaired. */
export interface Strategy {
  name: StrategyName;
  failures: Partial<Record<Diagnosis['role'], readonly FailureType[]>>;
  plan(situation: Situation): Plan;
}

/** A ladder whose rungs are all the same. */
export function repeat(rung: Rung, times: number): Plan {
  return { kind: 'ladder', rungs: Array.from({ length: times }, () => rung) };
}

/** The way out where no automatic repair exists: said at once instead of tried three times. */
export function hopeless(reason: Escalation['reason'], diagnosis: Diagnosis, nextStep: string): Plan {
  return { kind: 'hopeless', escalation: callFor(reason, diagnosis, nextStep) };
}

/** Calls a person, with what is wrong and what is to be done about it. */
export function callFor(reason: Escalation['reason'], diagnosis: Diagnosis, nextStep: string): Escalation {
  return { reason, detail: `${describeDiagnosis(diagnosis)}. ${nextStep}` };
}
