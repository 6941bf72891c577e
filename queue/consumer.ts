import { setTimeout as pause } from 'node:timers/promises';
import { UnrecoverableError, WaitingError } from 'bullmq';
import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { calm } from './calm.ts';
import { settledWithin } from './deadline.ts';
import type { Link, WakeJob, WakeWorker } from './link.ts';
import { queueName } from './names.ts';
import { readWake } from './payload.ts';
import { type ConsumeOptions, type Consumer, QUEUE_KINDS, type QueueKind, type Wake } from './port.ts';

const GRACE_MS = 10_000;
const BOOKKEEPING_MS = 1_000;
const RESTART_PAUSE_MS = 500;

type Handler = (wake: Wake) => Promise<void>;

/** Takes the jobs of one host's two queues. Owns its link. */
export class BullConsumer implements Consumer {
  readonly #link: Link;
  readonly #handler: Handler;
  readonly #log: Log;
  readonly #calmLog: Log;
  readonly #graceMs: number;
  readonly #workers: WakeWorker[];
  readonly #running = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(link: Link, host: string, handler: Handler, options: ConsumeOptions, log: Log) {
    this.#link = link;
    this.#handler = handler;
    this.#log = log;
    this.#calmLog = calm(log);
    this.#graceMs = options.graceMs ?? GRACE_MS;
    this.#workers = QUEUE_KINDS.map((kind) => this.#worker(kind, host, options.concurrency));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = Promise.all(this.#workers.map((worker) => worker.close()));
    const handled = await settledWithin(this.#graceMs, Promise.all(this.#running));
    if (!handled) this.#log('warn', 'let go of running jobs at close', { count: this.#running.size });
    await settledWithin(BOOKKEEPING_MS, closed);
    await this.#link.close();
  }

  #worker(kind: QueueKind, host: string, concurrency: number): WakeWorker {
    const queue = queueName(kind, host);
    const worker = this.#link.worker(
      queue,
      (job, token) => this.#deliver(kind, queue, job, token),
      concurrency,
    );
    worker.on('error', (error) => this.#complain(queue, error));
    void this.#keepRunning(queue, worker);
    return worker;
  }

  async #keepRunning(queue: string, worker: WakeWorker): Promise<void> {
    while (this.#closing === undefined) {
      await worker.run().catch((error) => this.#complain(queue, error));
      await pause(RESTART_PAUSE_MS);
    }
  }

  #complain(queue: string, error: unknown): void {
    if (this.#closing !== undefined) return;
    this.#calmLog('warn', 'queue worker met an error', { queue, reason: messageOf(error) });
  }

  async #deliver(kind: QueueKind, queue: string, job: WakeJob, token: string | undefined): Promise<string> {
    const wake = readWake(kind, job);
    if ('problem' in wake) {
      this.#calmLog('warn', 'dropped a job that is not ours', { queue, jobId: job.id, reason: wake.problem });
      return `dropped: ${wake.problem}`;
    }
    if (this.#closing !== undefined) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    await this.#handle(queue, job, wake);
    return 'handled';
  }

  async #handle(queue: string, job: WakeJob, wake: Wake): Promise<void> {
    const run = Promise.resolve(wake).then(this.#handler);
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(settled);
    try {
      await run;
    } catch (error) {
      this.#log('error', 'job handler failed', { queue, jobId: job.id, reason: messageOf(error), error });
      // Not the error itself: it may hold secrets, and the broker keeps what it is told.
      throw new UnrecoverableError('the handler failed; the log of the worker says why');
    } finally {
      this.#running.delete(settled);
    }
  }
}
