import { setTimeout as pause } from 'node:timers/promises';
import { diagnose } from '../../core/diagnosis.ts';
import { type Diagnosis, isTransient } from '../../core/failure.ts';
import { isCatchingUp, mainDaemon, type Observation } from '../../core/observation.ts';

/** A chain below its known height may still be fetched from a peer, as long as it rises. */
const STALL_SECONDS = 3;
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
  /** How long a chain below its known height may stand still, blocks and headers, before it is given up; 3 s unless told otherwise. */
  stallSeconds?: number;
  signal: AbortSignal;
}

/**
 * Looks until the components work, until something is wrong with them that waiting will not mend, or until
 * the time is over. Never waits longer than the facts demand.
 */
export async function settle(options: SettleOptions): Promise<Settled> {
  const { observe, concerns, timeoutMs, stallSeconds, signal } = options;
  const endsAt = performance.now() + timeoutMs;
  let rise = { progress: -1, at: performance.now() };
  let good = 0;
  let bad = 0;
  for (;;) {
    const observation = await observe();
    const diagnoses = diagnose(observation).filter(concerns);
    const progress = progressOf(observation);
    if (progress > rise.progress) rise = { progress, at: performance.now() };
    const stalled =
      performance.now() - rise.at > (stallSeconds ?? STALL_SECONDS) * 1000 ||
      // Without a peer nobody brings the blocks back: a chain that rises all the same is another one.
      (stallSeconds === undefined && peersOf(observation) === 0 && !isCatchingUp(mainDaemon(observation)));
    const [root] = diagnoses;
    good = root ? 0 : good + 1;
    bad = root && isConclusive(root, stalled) ? bad + 1 : 0;
    if (good >= LOOKS || bad >= LOOKS || performance.now() >= endsAt) return { observation, diagnoses };
    signal.throwIfAborted();
    await pause(POLL_MS, undefined, { signal });
  }
}

function isConclusive({ failure }: Diagnosis, stalled: boolean): boolean {
  return failure === 'chain_rolled_back' ? stalled : !isTransient(failure);
}

function peersOf(observation: Observation): number | null {
  const { rpc } = mainDaemon(observation);
  return rpc?.kind === 'ok' ? rpc.peers : null;
}

/** While block files are read anew the headers rise alone, and the blocks only after that. */
function progressOf(observation: Observation): number {
  const { rpc } = mainDaemon(observation);
  return rpc?.kind === 'ok' ? rpc.height + rpc.headers : -1;
}
