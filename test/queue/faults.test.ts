import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Log } from '../../core/log.ts';
import { type BullDispatcher, openDispatcher } from '../../queue/dispatcher.ts';
import type { Consumer, DispatchJob } from '../../queue/port.ts';
import { BROKERS, type Broker, eventually, gateOf, someJob } from './brokers.ts';

const RESUME_LIMIT_MS = 20_000;

describe.each(BROKERS)('$broker', ({ missing, title, start }) => {
  describe.skipIf(missing !== undefined)(title, () => {
    let broker: Broker;
    let dispatcher: BullDispatcher;
    let host: string;
    let consumer: Consumer;
    let woken: Set<string>;
    /** Why the dispatcher could not do what it was asked for. */
    let reasons: string[];
    let handle: (runId: string) => Promise<void>;

    beforeAll(async () => {
      broker = await start();
    });
    afterAll(() => broker?.stop());

    beforeEach(async () => {
      host = `rig-${randomUUID().slice(0, 8)}`;
      woken = new Set();
      handle = async () => {};
      reasons = [];
      const log: Log = (_, message, data) => {
        if (message.startsWith('could not')) reasons.push(String(data?.reason));
      };
      dispatcher = await openDispatcher({ ...broker.config, log });
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
    async function wakes(timeoutMs = RESUME_LIMIT_MS): Promise<void> {
      const sent: DispatchJob[] = [];
      await eventually(async () => {
        const job = someJob(host);
        sent.push(job);
        await dispatcher.enqueue(job);
        await eventually(() => sent.some(({ runId }) => woken.has(runId)), 500).catch(() => {});
        return sent.some(({ runId }) => woken.has(runId));
      }, timeoutMs);
    }

    /** What is asked of a broker that is away, and stays away meanwhile. */
    async function answers() {
      const job = someJob(host);
      const enqueued = await dispatcher.enqueue(job);
      expect(await dispatcher.pending(job)).toBe('unknown');
      await dispatcher.remove(job);
      return { enqueued, health: await dispatcher.health() };
    }

    test('frozen: answers when its time is over, and resumes when it thaws', async () => {
      broker.freeze();
      expect(await answers()).toEqual({
        enqueued: 'ambiguous',
        health: { ok: false, reason: 'queue: no answer within 1000 ms' },
      });
      expect(reasons).toEqual([
        'enqueue: no answer within 500 ms',
        'pending: no answer within 1000 ms',
        'remove: no answer within 1000 ms',
      ]);
      // Long enough for Redis connections to be given up and made anew.
      const onRedis = broker.config.redisUrl !== undefined;
      await eventually(async () => (await dispatcher.enqueue(someJob(host))) === 'failed' || !onRedis);
      broker.thaw();
      await wakes();
      expect(await dispatcher.health()).toEqual({ ok: true });
    });

    test('frozen: closes while it is frozen', async () => {
      handle = () => new Promise(() => {});
      await dispatcher.enqueue(someJob(host));
      broker.freeze();
      await consumer.close();
      await dispatcher.close();
      broker.thaw();
    });

    test('killed: answers and closes without it', async () => {
      await broker.kill();
      expect((await answers()).health.ok).toBe(false);
      await consumer.close();
      await dispatcher.close();
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
      expect((await answers()).enqueued).toMatch(/^(ambiguous|failed)$/);
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
      await eventually(() => woken.has(lost.runId));
    });
  });
});
