import type { StratumJob } from './stratum-wire.ts';

export interface StratumLogin {
  host: string;
  port: number;
  username: string;
  password: string;
  /** For connect, subscribe, authorize and the first job together. */
  timeoutMs?: number;
}

export type StratumStep = 'connect' | 'subscribe' | 'authorize' | 'notify';

/**
 * `refused`: nobody listens, or the pool declined the subscription. `silent`: connected, but no answer.
 * `unreachable`: no route, or no answer to the TCP handshake. `no_job`: authorized, but no work came.
 */
export interface StratumFailure {
  outcome: 'refused' | 'unreachable' | 'closed' | 'silent' | 'malformed' | 'unauthorized' | 'no_job';
  /** The step that did not succeed. */
  step: StratumStep;
  detail: string;
  elapsedMs: number;
}

export interface StratumWatcher {
  /** Every job after the first. */
  onJob?: (job: StratumJob) => void;
  /** The pool closed or broke the session; not called after our own close(). */
  onClosed?: (detail: string) => void;
}

/** An authorized session that stays open. */
export interface StratumSession {
  outcome: 'working';
  /** The first job. */
  job: StratumJob;
  elapsedMs: number;
  /** Milliseconds until the pool said anything at all, an error too; null when it said nothing in time. */
  ping(timeoutMs: number): Promise<number | null>;
  close(): void;
}
