import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type BullDispatcher, openDispatcher } from '../../queue/dispatcher.ts';
import type { Consumer, DispatchJob } from '../../queue/port.ts';
import { BROKERS, type Broker, eventually, gateOf, someJob, timed } from './brokers.ts';

const ENQUEUE_BOUND_MS = 600;
const CLOSE_BOUND_MS = 5_000;
const RESUME_BOUND_MS = 8_000;

describe.each(BROKERS)('$broker', ({ missing, title, start }) => {
  describe.skipIf(missing !== undefined)(title, () => {
    let broker: Broker;
    let dispatcher: BullDispatcher;
    let host: string;
    let consumer: Consumer;
    let woken: Set<string>;
    let handle: (runId: string) => Promise<void>;

    beforeAll(async () => {
      broker = await start();
    });
    afterAll(() => broker?.stop());

    beforeEach(async () => {
      host = `rig-${randomUUID().slice(0, 8)}`;
      woken = new Set();
      handle = async () => {};
      dispatcher = await openDispatcher({ ...broker.config, log: () => {} });
      consumer = dispatcher.consume(
        host,
        async ({ runId }) => {
          woken.add(runId);
          await handle(runId);
        },
        { concurrency: 2, graceMs: 1_000 },
      );
      await wakes();
    });
    afterEach(() => dispatcher.close());

    /** Sends jobs until one of them arrives, as the reconciler does. */
    async function wakes(timeoutMs = RESUME_BOUND_MS): Promise<void> {
      const sent: DispatchJob[] = [];
      await eventually(async () => {
        const job = someJob(host);
        sent.push(job);
        await dispatcher.enqueue(job);
        await eventually(() => sent.some(({ runId }) => woken.has(runId)), 500).catch(() => {});
        return sent.some(({ runId }) => woken.has(runId));
      }, timeoutMs);
    }

    async function expectBoundedAnswers(): Promise<void> {
      const job = someJob(host);
      const results: string[] = [];
      const enqueueMs = await timed(async () => results.push(await dispatcher.enqueue(job)));
      expect(enqueueMs).toBeLessThan(ENQUEUE_BOUND_MS);
      expect(results[0]).toMatch(/^(ambiguous|failed)$/);
      expect(await dispatcher.pending(job)).toBe('unknown');
      await dispatcher.remove(job);
      const healthMs = await timed(async () => expect((await dispatcher.health()).ok).toBe(false));
      expect(healthMs).toBeLessThan(1_500);
    }

    async function expectBoundedClose(): Promise<void> {
      const closeMs = await timed(async () => {
        await consumer.close();
        await dispatcher.close();
      });
      expect(closeMs).toBeLessThan(CLOSE_BOUND_MS);
    }

    test('frozen: answers in time, and resumes when it thaws', async () => {
      broker.freeze();
      await expectBoundedAnswers();
      // Long enough for Redis connections to be given up and made anew.
      const onRedis = broker.config.redisUrl !== undefined;
      await eventually(async () => (await dispatcher.enqueue(someJob(host))) === 'failed' || !onRedis);
      broker.thaw();
      await wakes();
      expect(await dispatcher.health()).toEqual({ ok: true });
    });

    test('frozen: closes in time', async () => {
      handle = () => new Promise(() => {});
      await dispatcher.enqueue(someJob(host));
      broker.freeze();
      await expectBoundedClose();
      broker.thaw();
    });

    test('killed: answers and closes in time', async () => {
      await broker.kill();
      await expectBoundedAnswers();
      await expectBoundedClose();
      await broker.restart();
    });

    test('killed and back: resumes, while a running handler goes on', async () => {
      const gate = gateOf();
      let finished = false;
      const running = someJob(host);
      handle = async (runId) => {
        if (runId !== running.runId) return;
        await gate.opened;
        finished = true;
      };
      await dispatcher.enqueue(running);
      await eventually(() => woken.has(running.runId));
      await broker.kill();
      await expectBoundedAnswers();
      await broker.restart();
      await wakes();
      gate.open();
      await eventually(() => finished);
      await eventually(async () => (await dispatcher.pending(running)) === 'absent', 20_000);
    });

    test('loses every job: resumes, and the same dispatch can be sent again', async () => {
      const lost = someJob(host, { delayMs: 60_000 });
      await dispatcher.enqueue(lost);
      await broker.wipe();
      expect(await dispatcher.pending(lost)).toBe('absent');
      const { delayMs: _, ...again } = lost;
      expect(await dispatcher.enqueue(again)).toBe('enqueued');
      await eventually(() => woken.has(lost.runId), 3_000);
    });
  });
});
