import type { Queue } from 'bullmq';
import { jobId, queueName } from '../../../queue/names.ts';
import { postgresLink } from '../../../queue/postgres.ts';
import { redisLink } from '../../../queue/redis.ts';
import type { Chance } from './chance.ts';

/** The wake-up calls themselves, for whoever wants to lose, repeat or forge them. */
export interface Meddler {
  /** Takes calls away that wait. How many. */
  lose(host: string): Promise<number>;
  /** Sends a call once more, whatever became of the first. */
  repeat(host: string, run: { id: string; dispatch: number }): Promise<void>;
  close(): Promise<void>;
}

const SEEN_AT_ONCE = 20;
const UNANSWERED_MS = 3_000;

/** BullMQ's own client, on the same queues as Davylamp. */
export function openMeddler(
  { databaseUrl, redisUrl }: { databaseUrl: string; redisUrl?: string | undefined },
  chance: Chance,
): Meddler {
  const silent = () => {};
  const link =
    redisUrl === undefined
      ? postgresLink(databaseUrl, UNANSWERED_MS, silent)
      : redisLink(redisUrl, UNANSWERED_MS, silent);
  const queues = new Map<string, Queue>();
  const queueOf = (host: string) => {
    const known = queues.get(host);
    if (known) return known;
    const queue = link.queue(queueName('stages', host)) as Queue;
    queue.on('error', silent);
    queues.set(host, queue);
    return queue;
  };
  return {
    async lose(host) {
      const jobs = await queueOf(host).getJobs(['waiting', 'delayed', 'prioritized'], 0, SEEN_AT_ONCE);
      const chosen = jobs.filter(() => chance.share() < 0.5);
      const removed = await Promise.all(
        chosen.map((job) =>
          job.remove().then(
            () => 1,
            () => 0,
          ),
        ),
      );
      return removed.reduce<number>((sum, one) => sum + one, 0);
    },
    async repeat(host, { id: runId, dispatch }) {
      const queue = queueOf(host);
      const id = jobId({ runId, dispatch });
      // One that is kept as finished would swallow the new one.
      await queue.remove(id).catch(silent);
      await queue.add('again', { runId, dispatch }, { jobId: id });
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close().catch(silent)));
      await link.close();
    },
  };
}
