import type { Trouble } from './heartbeat.ts';

/** Watches one sign of life of one component. */
export interface Probe {
  /** `null` while all is well, or not yet known. */
  trouble(): Trouble | null;
  close(): void;
}

/** `missed`: no answer in time, and one more decides: the next probe follows at once. */
export type ProbeResult = 'settled' | 'missed';

/** Repeats a probe until it is closed: never two at a time, and never one that ends the process. */
export function repeatProbe(intervalMs: number, probe: () => Promise<ProbeResult>): () => void {
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const turn = async () => {
    const result = await probe().catch((): ProbeResult => 'settled');
    if (!closed) timer = setTimeout(turn, result === 'missed' ? 0 : intervalMs).unref();
  };
  void turn();
  return () => {
    closed = true;
    clearTimeout(timer);
  };
}

/** Missed probes before it counts, each after {@link PROBE_TIMEOUT_MS}. */
export const MISSES_MAX = 2;
/** A probe that takes longer is missed. */
export const PROBE_TIMEOUT_MS = 500;
/** Between two probes: with the two misses, a hang is known within 1.25 s. */
export const PROBE_INTERVAL_MS = 250;
