import type { Job, JobsOptions, Processor } from 'bullmq';

/** What we use of BullMQ's Queue, whichever backend it runs on. */
export interface WakeQueue {
  add(name: string, data: unknown, options: JobsOptions): Promise<unknown>;
  getJobState(jobId: string): Promise<string>;
  remove(jobId: string): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** What we use of BullMQ's Worker. */
export interface WakeWorker {
  run(): Promise<void>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export type WakeJob = Job;

/**
 * The connections that one dispatcher, or one consumer, has to its broker. BullMQ on Redis and BullMQ on
 * Postgres differ in this and in nothing else.
 */
export interface Link {
  /** The first contact. Throws where the broker is unsuitable. */
  open(): Promise<void>;
  queue(name: string): WakeQueue;
  worker(name: string, process: Processor, concurrency: number): WakeWorker;
  /** Whether a command would leave now. While it would not, it is not worth waiting for. */
  connected(): boolean;
  /** Whether this error proves that the broker did not carry out the command. */
  refused(error: unknown): boolean;
  /** What is wrong with the broker, in words. Throws when it does not answer. */
  problem(): Promise<string | undefined>;
  /** Ends every connection, by force where the broker does not answer. */
  close(): Promise<void>;
}

const KEPT_JOBS = 1000;

export const QUEUE_SETTINGS = {
  defaultJobOptions: {
    attempts: 1,
    removeOnComplete: { count: KEPT_JOBS },
    removeOnFail: { count: KEPT_JOBS },
  },
  streams: { events: { maxLen: 1000 } },
} as const;

/**
 * A worker that dies leaves an active job behind; it is handed out again after 15 s at most. Handing out
 * a job twice does no harm, the database knows who owns the run.
 */
export const WORKER_SETTINGS = {
  autorun: false,
  lockDuration: 10_000,
  stalledInterval: 5_000,
  maxStalledCount: 10,
  // BullMQ waits 15 s after a refused connection by default.
  runRetryDelay: 500,
  // Seconds. How late a job can be whose wake-up call went astray inside the broker.
  drainDelay: 2,
} as const;
