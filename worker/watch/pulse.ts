import type { Trouble } from './heart.ts';

/** The heartbeat of one component, as one kind of sign shows it. */
export interface Pulse {
  /** `null` while all is well, or not yet known. */
  trouble(): Trouble | null;
  close(): void;
}

/** `missed`: the next beat follows at once, to make sure. */
export type Beat = 'felt' | 'missed';

/** Repeats a beat until it is closed: never two at a time, and never one that ends the process. */
export function beating(intervalMs: number, beat: () => Promise<Beat>): () => void {
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const turn = async () => {
    const felt = await beat().catch((): Beat => 'felt');
    if (!closed) timer = setTimeout(turn, felt === 'missed' ? 0 : intervalMs).unref();
  };
  void turn();
  return () => {
    closed = true;
    clearTimeout(timer);
  };
}

/** Beats that may fail to come before it counts, each after {@link BEAT_TIMEOUT_MS}. */
export const MISSES_MAX = 2;
/** A beat that takes longer did not come. */
export const BEAT_TIMEOUT_MS = 500;
/** Between two beats: with the two misses, a hang is known within 1.25 s. */
export const BEAT_MS = 250;
