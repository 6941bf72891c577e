import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BullDispatcher, openDispatcher } from '../../queue/dispatcher.ts';
import { jobId } from '../../queue/names.ts';
import type { Consumer, Wake } from '../../queue/port.ts';
import { BROKERS, type Broker, eventually, gateOf, someJob } from './brokers.ts';

describe.each(BROKERS)('$broker', ({ missing, title, start }) => {
  describe.skipIf(missing !== undefined)(title, () => {
    let broker: Broker;
    let dispatcher: BullDispatcher;
    const lines: { level: string; message: string; data?: Record<string, unknown> }[] = [];

    beforeAll(async () => {
      broker = await start();
      dispatcher = await openDispatcher({
        ...broker.config,
        log: (level, message, data) => lines.push({ level, message, ...(data && { data }) }),
      });
      await eventually(async () => (await dispatcher.enqueue(someJob('warm-up'))) === 'enqueued');
    });
    afterAll(async () => {
      await dispatcher?.close();
      await broker?.stop();
    });

    const logged = (message: string) => lines.filter((line) => line.message === message);

    /** Collects what it is woken with; `handle` may do more. */
    async function collecting(
      work: (consumer: { host: string; woken: Wake[]; consumer: Consumer }) => Promise<void>,
      handle: (wake: Wake) => Promise<void> = async () => {},
      options = { concurrency: 1 },
    ): Promise<void> {
      const host = `rig-${randomUUID().slice(0, 8)}`;
      const woken: Wake[] = [];
      const consumer = dispatcher.consume(
        host,
        async (wake) => {
          woken.push(wake);
          await handle(wake);
        },
        options,
      );
      try {
        await work({ host, woken, consumer });
      } finally {
        await consumer.close();
      }
    }

    test('wakes the handler of the host with the run, the dispatch and the stage', async () => {
      await collecting(async ({ host, woken }) => {
        const stage = someJob(host, { stageId: 'start_daemon', dispatch: 7 });
        const recovery = someJob(host, { kind: 'recovery', name: 'daemon-crash' });
        expect(await dispatcher.enqueue(someJob('elsewhere'))).toBe('enqueued');
        expect(await dispatcher.enqueue(stage)).toBe('enqueued');
        expect(await dispatcher.enqueue(recovery)).toBe('enqueued');
        await eventually(() => woken.length === 2);
        expect(woken).toContainEqual({
          kind: 'stages',
          runId: stage.runId,
          dispatch: 7,
          stageId: 'start_daemon',
        });
        expect(woken).toContainEqual({ kind: 'recovery', runId: recovery.runId, dispatch: 1 });
      });
    });

    test('a delayed job shows as delayed, and wakes when it is due and not before', async () => {
      await collecting(async ({ host, woken }) => {
        const job = someJob(host, { delayMs: 1200 });
        const queue = dispatcher.queue('stages', host) as unknown as Queue;
        await dispatcher.enqueue(job);
        expect(await queue.getJobState(jobId(job))).toBe('delayed');
        expect(await dispatcher.pending(job)).toBe('pending');
        await eventually(() => woken.length === 1);
        const { timestamp = 0, processedOn = 0 } = (await queue.getJob(jobId(job))) ?? {};
        expect(processedOn).toBeGreaterThanOrEqual(timestamp + 1_200);
      });
    });

    test('a job is added once: while it waits, and while its finished job is kept', async () => {
      await collecting(async ({ host, woken }) => {
        const job = someJob(host);
        await Promise.all([dispatcher.enqueue(job), dispatcher.enqueue(job), dispatcher.enqueue(job)]);
        await eventually(async () => (await dispatcher.pending(job)) === 'absent');
        expect(await dispatcher.enqueue(job)).toBe('enqueued');
        await dispatcher.enqueue({ ...job, dispatch: 2 });
        await eventually(() => woken.some(({ dispatch }) => dispatch === 2));
        expect(woken.map(({ dispatch }) => dispatch)).toEqual([1, 2]);
      });
    });

    test('forged and edited jobs are dropped, and logged', async () => {
      await collecting(async ({ host, woken }) => {
        const queue = dispatcher.queue('stages', host) as unknown as Queue;
        const job = someJob(host);
        await queue.add('rm -rf /', { runId: job.runId, dispatch: 1, command: 'rm' }, { attempts: 99 });
        await queue.add('__proto__', 'x'.repeat(100_000), { attempts: 99 });
        await queue.add('empty', null);
        await queue.add('edited', { runId: job.runId, dispatch: 9 }, { jobId: `${job.runId}.8` });
        await dispatcher.enqueue(job);
        await eventually(() => woken.length > 0);
        expect(woken).toEqual([{ kind: 'stages', runId: job.runId, dispatch: 1 }]);
        expect(logged('dropped a job that is not ours').length).toBeGreaterThan(1);
      });
    });

    test('a handler that throws is logged, is not tried again, and tells the broker no secret', async () => {
      const fail = async ({ dispatch }: Wake) => {
        if (dispatch === 1) throw new Error('rpcpassword=hunter2');
      };
      await collecting(async ({ host, woken }) => {
        const job = someJob(host);
        const queue = dispatcher.queue('stages', host) as unknown as Queue;
        await queue.add('edited', { runId: job.runId, dispatch: 1 }, { jobId: jobId(job), attempts: 99 });
        await dispatcher.enqueue({ ...job, dispatch: 2 });
        await eventually(() => woken.length === 2);
        expect(woken.map(({ dispatch }) => dispatch)).toEqual([1, 2]);
        const kept = await queue.getJob(jobId(job));
        expect(await kept?.getState()).toBe('failed');
        expect(JSON.stringify(kept)).not.toContain('hunter2');
        expect(logged('job handler failed')[0]).toMatchObject({
          level: 'error',
          data: { jobId: jobId(job) },
        });
      }, fail);
    });

    test('tells whether a job is waiting, active or gone', async () => {
      const gate = gateOf();
      await collecting(
        async ({ host, woken }) => {
          const [first, second] = [someJob(host), someJob(host)];
          expect(await dispatcher.pending(first)).toBe('absent');
          await dispatcher.enqueue(first);
          await eventually(() => woken.length === 1);
          await dispatcher.enqueue(second);
          expect(await dispatcher.pending(first)).toBe('pending');
          expect(await dispatcher.pending(second)).toBe('pending');
          gate.open();
          await eventually(async () => (await dispatcher.pending(second)) === 'absent');
          expect(await dispatcher.pending(first)).toBe('absent');
        },
        () => gate.opened,
      );
    });

    test('takes back waiting and delayed jobs, and leaves finished ones for the reader', async () => {
      const host = 'rig-without-worker';
      const waiting = someJob(host);
      const delayed = someJob(host, { delayMs: 60_000 });
      for (const job of [waiting, delayed]) {
        await dispatcher.enqueue(job);
        await dispatcher.remove(job);
        expect(await dispatcher.pending(job)).toBe('absent');
        await dispatcher.remove(job);
      }
      await collecting(async ({ host, woken }) => {
        const job = someJob(host);
        await dispatcher.enqueue(job);
        await eventually(async () => woken.length === 1 && (await dispatcher.pending(job)) === 'absent');
        await dispatcher.remove(job);
        expect(await dispatcher.queue('stages', host).getJobState(jobId(job))).toBe('completed');
      });
    });

    test('handles as many jobs at once as it is told', async () => {
      let running = 0;
      let most = 0;
      const handle = async () => {
        most = Math.max(most, ++running);
        await eventually(() => most === 3).catch(() => {});
        running--;
      };
      await collecting(
        async ({ host, woken }) => {
          for (let count = 0; count < 6; count++) await dispatcher.enqueue(someJob(host));
          await eventually(() => woken.length === 6);
          expect(most).toBe(3);
        },
        handle,
        { concurrency: 3 },
      );
    });

    test('close waits for the running handler, and leaves the rest to the next consumer', async () => {
      const gate = gateOf();
      let finished = 0;
      const handle = async () => {
        await gate.opened;
        finished++;
      };
      await collecting(async ({ host, woken, consumer }) => {
        const [first, second] = [someJob(host), someJob(host)];
        await dispatcher.enqueue(first);
        await eventually(() => woken.length === 1);
        await dispatcher.enqueue(second);
        const closed = consumer.close();
        gate.open();
        await closed;
        expect(finished).toBe(1);
        expect(await dispatcher.pending(first)).toBe('absent');
        expect(await dispatcher.pending(second)).toBe('pending');
        const next = dispatcher.consume(host, async (wake) => void woken.push(wake), { concurrency: 1 });
        await eventually(() => woken.length === 2);
        await next.close();
        expect(woken.map(({ runId }) => runId)).toEqual([first.runId, second.runId]);
      }, handle);
    });

    test('jobs that come in while the consumer closes are handled or left waiting', async () => {
      for (let round = 0; round < 10; round++) {
        await collecting(async ({ host, woken, consumer }) => {
          const first = someJob(host);
          await dispatcher.enqueue(first);
          await eventually(() => woken.length === 1);
          const jobs = [someJob(host), someJob(host), someJob(host)];
          const added = Promise.all(jobs.map((job) => dispatcher.enqueue(job)));
          await consumer.close();
          await added;
          for (const job of jobs) {
            const handled = woken.some(({ runId }) => runId === job.runId);
            const state = await dispatcher.queue('stages', host).getJobState(jobId(job));
            expect(state).toBe(handled ? 'completed' : 'waiting');
          }
        });
      }
    });

    test('close lets go of a handler that never ends', async () => {
      const host = 'rig-stuck';
      let woken = 0;
      const stuck = () => {
        woken++;
        return new Promise<void>(() => {});
      };
      const consumer = dispatcher.consume(host, stuck, { concurrency: 1, graceMs: 200 });
      await dispatcher.enqueue(someJob(host));
      await eventually(() => woken === 1);
      await consumer.close();
      expect(logged('let go of running jobs at close')).toHaveLength(1);
    });

    test('is healthy', async () => {
      expect(await dispatcher.health()).toEqual({ ok: true });
    });
  });
});
