import { createBullBoard } from '@bull-board/api';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { boardQueues } from '../../queue/board.ts';
import { type BullDispatcher, openDispatcher } from '../../queue/dispatcher.ts';
import { jobId } from '../../queue/names.ts';
import type { Wake } from '../../queue/port.ts';
import { BROKERS, type Broker, eventually, someJob } from './brokers.ts';

describe.each(BROKERS)('$broker', ({ missing, title, start }) => {
  describe.skipIf(missing !== undefined)(title, () => {
    let broker: Broker;
    let dispatcher: BullDispatcher;

    beforeAll(async () => {
      broker = await start();
      dispatcher = await openDispatcher({ ...broker.config, log: () => {} });
    });
    afterAll(async () => {
      await dispatcher?.close();
      await broker?.stop();
    });

    function board(readOnly?: boolean) {
      const serverAdapter = new HonoAdapter(serveStatic);
      serverAdapter.setBasePath('/queues');
      const queues = boardQueues(dispatcher, ['rig-1', 'a:b'], readOnly === undefined ? {} : { readOnly });
      createBullBoard({ queues, serverAdapter });
      const app = new Hono().route('/queues', serverAdapter.registerPlugin());
      return async (path: string, method = 'GET', body?: unknown) => {
        const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
        const headers = { 'content-type': 'application/json' };
        const response = await app.request(`/queues/api/queues${path}`, { ...init, headers });
        return { status: response.status, body: await response.text() };
      };
    }

    test('shows waiting, delayed and finished jobs with their stage', async () => {
      const consumer = dispatcher.consume('rig-1', async () => {}, { concurrency: 1 });
      const finished = someJob('rig-1', { name: 'start_pool', stageId: 'start_pool' });
      await dispatcher.enqueue(finished);
      await dispatcher.enqueue(someJob('rig-1', { delayMs: 60_000 }));
      await eventually(async () => (await dispatcher.pending(finished)) === 'absent');
      const { status, body } = await board()('?activeQueue=stages-rig-1&status=latest&page=1&jobsPerPage=10');
      expect(status).toBe(200);
      const queue = JSON.parse(body).queues.find(({ name }: { name: string }) => name === 'stages-rig-1');
      expect(queue).toMatchObject({ displayName: 'stages on rig-1', counts: { completed: 1, delayed: 1 } });
      expect(JSON.parse((await board()(`/stages-rig-1/${jobId(finished)}`)).body).job).toMatchObject({
        name: 'start_pool',
        data: { runId: finished.runId, dispatch: 1, stageId: 'start_pool' },
      });
      expect(queue.readOnlyMode).toBe(true);
      await consumer.close();
    });

    test('is read-only unless told otherwise', async () => {
      for (const action of ['pause', 'obliterate', 'promote', 'empty']) {
        expect((await board()(`/stages-rig-1/${action}`, 'PUT', {})).status).toBe(405);
      }
      await board()('/pause', 'PUT', {});
      expect((await board()('/stages-rig-1/add', 'POST', { name: 'x', data: {} })).status).toBe(405);
      expect(await (await boardQueues(dispatcher, ['rig-1'])[0])?.isPaused()).toBe(false);
    });

    test('jobs made up on it are dropped', async () => {
      const woken: Wake[] = [];
      const consumer = dispatcher.consume('rig-2', async (wake) => void woken.push(wake), { concurrency: 1 });
      const [stages] = boardQueues(dispatcher, ['rig-2'], { readOnly: false });
      const job = someJob('rig-2');
      await stages?.addJob('start_daemon', { runId: job.runId, dispatch: 1, command: 'x' }, { attempts: 5 });
      await dispatcher.enqueue(job);
      await eventually(() => woken.length > 0);
      expect(woken).toEqual([{ kind: 'stages', runId: job.runId, dispatch: 1 }]);
      await consumer.close();
    });
  });
});
