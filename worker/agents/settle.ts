import { setTimeout as pause } from 'node:timers/promises';
import { diagnose } from '../../core/diagnosis.ts';
import type { Diagnosis, FailureType } from '../../core/failure.ts';
import type { Observation } from '../../core/observation.ts';

/** Failures that time alone may mend: a component that comes up passes through them. */
const TRANSIENT: ReadonlySet<FailureType> = new Set([
  'warming_up',
  'rpc_refused',
  'rpc_timeout',
  'no_peers',
  'daemon_lost',
  'stratum_not_listening',
  'stratum_unreachable',
  'stratum_deaf',
  'stale_work',
  'pool_unreachable',
  'unknown',
]);

/** A chain below its known height may still be fetched from a peer. */
const CATCH_UP_SECONDS = 3;
const POLL_MS = 50;
/** Looks in a row that must show the same before it counts: one look may fall between two states. */
const LOOKS = 2;

export interface Settled {
  observation: Observation;
  /** What is still wrong among the components asked about; empty: they work. */
  diagnoses: Diagnosis[];
}

export interface SettleOptions {
  observe: () => Promise<Observation>;
  /** Which findings matter. */
  concerns: (diagnosis: Diagnosis) => boolean;
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * Looks until the components work, until something is wrong with them that waiting will not mend, or until
 * the time is over. Never waits longer than the facts demand.
 */
export async function settle({ observe, concerns, timeoutMs, signal }: SettleOptions): Promise<Settled> {
  const startedAt = performance.now();
  const endsAt = startedAt + timeoutMs;
  let good = 0;
  let bad = 0;
  for (;;) {
    const observation = await observe();
    const diagnoses = diagnose(observation).filter(concerns);
    const elapsedSeconds = (performance.now() - startedAt) / 1000;
    const [root] = diagnoses;
    good = root ? 0 : good + 1;
    bad = root && isConclusive(root, elapsedSeconds) ? bad + 1 : 0;
    if (good >= LOOKS || bad >= LOOKS || performance.now() >= endsAt) return { observation, diagnoses };
    signal.throwIfAborted();
    await pause(POLL_MS, undefined, { signal });
  }
}

function isConclusive({ failure }: Diagnosis, elapsedSeconds: number): boolean {
  if (failure === 'chain_rolled_back') return elapsedSeconds > CATCH_UP_SECONDS;
  return !TRANSIENT.has(failure);
}

/** A sentence with what is wrong, for messages. */
export function describeDiagnoses(diagnoses: readonly Diagnosis[]): string {
  return diagnoses
    .map(({ component, failure, evidence }) => `${component}: ${failure} (${evidence.join('; ')})`)
    .join(' · ');
}
