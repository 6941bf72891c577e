import { createBullBoard } from '@bull-board/api';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Queue } from 'bullmq';
import { Hono } from 'hono';
import { boardQueues } from '../../../queue/board.ts';
import { openDispatcher } from '../../../queue/dispatcher.ts';
import { jobId, queueName } from '../../../queue/names.ts';
import { QUEUE_KINDS, type QueueKind } from '../../../queue/port.ts';
import type { AtEnd } from './endings.ts';
import { HOST } from './light.ts';

/** Somebody who has the broker in hands, and a dashboard that lets one change everything. */
export interface Meddler {
  queue(kind: QueueKind): Queue;
  /** Calls the API of that dashboard, and gives its status. */
  onBoard(method: string, path: string, body?: unknown): Promise<number>;
  /** Jobs that wait or are in somebody's hands. */
  open(): Promise<number>;
}

export const STAGES = queueName('stages', HOST);

export async function meddler(
  config: { redisUrl?: string; databaseUrl: string },
  atEnd: AtEnd,
): Promise<Meddler> {
  const dispatcher = await openDispatcher({ ...config, log: () => {} });
  atEnd(() => dispatcher.close());
  const serverAdapter = new HonoAdapter(serveStatic);
  serverAdapter.setBasePath('/queues');
  createBullBoard({ queues: boardQueues(dispatcher, [HOST], { readOnly: false }), serverAdapter });
  const app = new Hono().route('/queues', serverAdapter.registerPlugin());
  const queue = (kind: QueueKind) => dispatcher.queue(kind, HOST) as unknown as Queue;
  return {
    queue,
    async onBoard(method, path, body = {}) {
      const headers = { 'content-type': 'application/json' };
      const init = { method, headers, body: JSON.stringify(body) };
      return (await app.request(`/queues/api/queues/${path}`, init)).status;
    },
    async open() {
      const counts = await Promise.all(
        QUEUE_KINDS.map((kind) => queue(kind).getJobCounts('waiting', 'active', 'prioritized')),
      );
      return counts.flatMap((count) => Object.values(count)).reduce((sum, count) => sum + count, 0);
    },
  };
}

/** `__proto__` as a member of its own, as JSON can have it. */
const PROTO = JSON.parse('{"__proto__": {"runId": "x", "dispatch": 1}, "constructor": {"prototype": {}}}');

/** Payloads that are no calls of ours, or say more than calls say. */
const GARBAGE: unknown[] = [
  null,
  17,
  'run everything',
  [],
  {},
  PROTO,
  { runId: '../../etc/passwd', dispatch: 1 },
  { runId: "x'; drop table runs --", dispatch: -1 },
  { runId: '01990000-0000-7000-8000-000000000000', dispatch: 1e308 },
  { command: ['sh', '-c', 'reboot'], argv: ['x'] },
];
const MIB = 1024 * 1024;

/** Jobs of every bad kind, in both queues, about these runs. */
export async function forge({ queue, onBoard }: Meddler, runIds: readonly string[]): Promise<void> {
  for (const kind of QUEUE_KINDS) {
    for (const [index, data] of GARBAGE.entries())
      await queue(kind).add(`__proto__`, data, { jobId: `g-${index}` });
    for (const runId of runIds) {
      for (const dispatch of [0, 1, 2, 999]) {
        const id = jobId({ runId, dispatch });
        await queue(kind).add('three', { runId, dispatch, stageId: 'three' }, { jobId: id });
      }
      await queue(kind).add('one', { runId, dispatch: 1, big: 'x'.repeat(MIB) }, { jobId: `${runId}.b` });
      await queue(kind).add('one', { runId, dispatch: 1, ...PROTO }, { jobId: `${runId}.p` });
      await queue(kind).add('one', { runId, dispatch: 7 }, { jobId: `${runId}.7`, attempts: 50, lifo: true });
      await onBoard('POST', `${queueName(kind, HOST)}/add`, {
        name: '\u001b[31m<script>',
        data: { runId, dispatch: 1, stageId: 'one' },
        options: { attempts: 5, repeat: { every: 100, limit: 5 } },
      });
    }
  }
}

/** Everything that the dashboard can do to one job. */
export async function maltreat(
  { onBoard }: Meddler,
  kind: QueueKind,
  id: string,
  data: unknown,
): Promise<void> {
  const job = `${queueName(kind, HOST)}/${encodeURIComponent(id)}`;
  await onBoard('PATCH', `${job}/update-data`, { jobData: data });
  await onBoard('PATCH', `${job}/delay`, { delay: 0 });
  await onBoard('PATCH', `${job}/priority`, { priority: 1 });
  await onBoard('PUT', `${job}/promote`);
  await onBoard('PUT', `${job}/retry`);
  await onBoard('PUT', `${job}/retry/completed`);
  await onBoard('PUT', `${job}/clean`);
}
