import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { calm } from './calm.ts';
import { BullConsumer } from './consumer.ts';
import { settledWithin, within } from './deadline.ts';
import type { Link, WakeQueue } from './link.ts';
import { jobId, queueName } from './names.ts';
import { payloadOf } from './payload.ts';
import type {
  ConsumeOptions,
  Consumer,
  Dispatcher,
  DispatchJob,
  DispatchRef,
  EnqueueResult,
  Health,
  PendingResult,
  QueueKind,
  Wake,
} from './port.ts';
import { postgresLink } from './postgres.ts';
import { redisLink } from './redis.ts';

const ENQUEUE_TIMEOUT_MS = 500;
const ASK_TIMEOUT_MS = 1_000;
const CLOSE_TIMEOUT_MS = 1_000;
const DISPATCH_UNANSWERED_MS = 5_000;
const CONSUME_UNANSWERED_MS = 15_000;

export interface DispatcherConfig {
  /** BullMQ runs on this Redis; without it, on Postgres. */
  redisUrl?: string;
  databaseUrl: string;
  log: Log;
}

/**
 * Opens the queue. A Redis that is away is waited for in the background.
 * @throws RedisUnsuitable when Redis evicts keys, is older than 6.2 or refuses our credentials.
 * @throws when BullMQ runs on Postgres and the database is away.
 */
export async function openDispatcher({
  redisUrl,
  databaseUrl,
  log,
}: DispatcherConfig): Promise<BullDispatcher> {
  const linkLog = calm(log);
  const connect = (unansweredMs: number) =>
    redisUrl === undefined
      ? postgresLink(databaseUrl, unansweredMs, linkLog)
      : redisLink(redisUrl, unansweredMs, linkLog);
  const link = connect(DISPATCH_UNANSWERED_MS);
  try {
    await link.open();
  } catch (error) {
    await link.close();
    throw error;
  }
  return new BullDispatcher(link, connect, log);
}

export class BullDispatcher implements Dispatcher {
  readonly #link: Link;
  readonly #connect: (unansweredMs: number) => Link;
  readonly #log: Log;
  readonly #calmLog: Log;
  readonly #queues = new Map<string, WakeQueue>();
  readonly #consumers = new Set<Consumer>();
  #closing: Promise<void> | undefined;

  constructor(link: Link, connect: (unansweredMs: number) => Link, log: Log) {
    this.#link = link;
    this.#connect = connect;
    this.#log = log;
    this.#calmLog = calm(log);
  }

  async enqueue(job: DispatchJob): Promise<EnqueueResult> {
    if (!this.#link.connected()) return 'failed';
    try {
      await within(ENQUEUE_TIMEOUT_MS, 'enqueue', this.#add(job));
      return 'enqueued';
    } catch (error) {
      this.#calmLog('warn', 'could not enqueue', { reason: messageOf(error) });
      return this.#link.refused(error) ? 'failed' : 'ambiguous';
    }
  }

  async pending(ref: DispatchRef): Promise<PendingResult> {
    if (!this.#link.connected()) return 'unknown';
    try {
      const state = await within(ASK_TIMEOUT_MS, 'pending', this.#state(ref));
      const over = state === 'completed' || state === 'failed' || state === 'unknown';
      return over ? 'absent' : 'pending';
    } catch (error) {
      this.#calmLog('warn', 'could not ask for a job', { reason: messageOf(error) });
      return 'unknown';
    }
  }

  async remove(ref: DispatchRef): Promise<void> {
    if (!this.#link.connected()) return;
    try {
      await within(ASK_TIMEOUT_MS, 'remove', this.#takeBack(ref));
    } catch (error) {
      this.#calmLog('warn', 'could not remove a job', { reason: messageOf(error) });
    }
  }

  consume(host: string, handler: (wake: Wake) => Promise<void>, options: ConsumeOptions): Consumer {
    const link = this.#connect(CONSUME_UNANSWERED_MS);
    const consumer = new BullConsumer(link, host, handler, options, this.#log);
    this.#consumers.add(consumer);
    return consumer;
  }

  async health(): Promise<Health> {
    try {
      const reason = await within(ASK_TIMEOUT_MS, 'queue', this.#link.problem());
      return reason === undefined ? { ok: true } : { ok: false, reason };
    } catch (error) {
      return { ok: false, reason: messageOf(error) };
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** For the dashboard. */
  queue(kind: QueueKind, host: string): WakeQueue {
    const name = queueName(kind, host);
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = this.#link.queue(name);
    queue.on('error', (error) => {
      if (this.#closing === undefined)
        this.#calmLog('warn', 'queue met an error', { reason: messageOf(error) });
    });
    this.#queues.set(name, queue);
    return queue;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    const closed = Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    await settledWithin(CLOSE_TIMEOUT_MS, closed);
    await this.#link.close();
  }

  async #add(job: DispatchJob): Promise<void> {
    const delay = job.delayMs === undefined ? {} : { delay: Math.max(0, Math.round(job.delayMs)) };
    await this.queue(job.kind, job.host).add(job.name, payloadOf(job), { jobId: jobId(job), ...delay });
  }

  async #state(ref: DispatchRef): Promise<string> {
    return this.queue(ref.kind, ref.host).getJobState(jobId(ref));
  }

  async #takeBack(ref: DispatchRef): Promise<void> {
    const state = await this.#state(ref);
    if (state === 'waiting' || state === 'delayed') await this.queue(ref.kind, ref.host).remove(jobId(ref));
  }
}
