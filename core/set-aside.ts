import type { Diagnosis } from './failure.ts';
import type { Observation } from './observation.ts';
import type { RecoveryOutcome } from './run.ts';

/** A component for which an attempt can do no more, and what that makes of the attempt. */
export interface SetAside {
  component: string;
  outcome: Extract<RecoveryOutcome, { kind: 'failed' | 'hopeless' }>;
}

/**
 * The cause to work on: the lowest that is not set aside and does not stand on one that is; `undefined`: none.
 * What nobody can mend keeps nothing else from being mended.
 */
export function nextCause(
  causes: readonly Diagnosis[],
  aside: readonly SetAside[],
  { daemons }: Observation,
): Diagnosis | undefined {
  const isAside = ({ component }: Diagnosis) => aside.some((one) => one.component === component);
  const isPeer = ({ component }: Diagnosis) =>
    daemons.some((daemon) => daemon.peer && daemon.component === component);
  // A daemon can be started without a peer, and without its company it still serves what it has.
  const ground = causes.filter((cause) => isAside(cause) && !isPeer(cause));
  return causes.find(
    (cause) => !isAside(cause) && !ground.some((other) => FLOOR[other.role] < FLOOR[cause.role]),
  );
}

const FLOOR: Record<Diagnosis['role'], number> = { environment: 0, daemon: 1, pool: 2, miner: 3 };

/** What comes of an attempt: where a person is needed he is called, and told of everything that is left. */
export function worstOf(aside: readonly SetAside[]): SetAside['outcome'] {
  const hopeless = aside.flatMap(({ outcome }) => (outcome.kind === 'hopeless' ? [outcome.escalation] : []));
  const told = aside.map(({ outcome }) =>
    outcome.kind === 'hopeless' ? outcome.escalation.detail : outcome.reason,
  );
  const detail = told.join(' · ');
  const [lowest] = hopeless;
  return lowest
    ? { kind: 'hopeless', escalation: { reason: lowest.reason, detail } }
    : { kind: 'failed', reason: detail };
}
