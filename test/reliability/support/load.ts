import { readFile } from 'node:fs/promises';
import { Queue } from 'bullmq';
import { expect } from 'vitest';
import { openDispatcher } from '../../../queue/dispatcher.ts';
import { QUEUE_KINDS } from '../../../queue/port.ts';
import type { Service } from '../../support/chaos/service.ts';
import type { AtEnd } from './endings.ts';
import { HOST, type Light } from './light.ts';
import { SINGLE } from './steps.ts';

const CLIENTS = 8;

/** Posts so many runs, several at a time, all of which wait in one environment. */
export async function postMany(light: Light, count: number): Promise<void> {
  let left = count;
  const client = async () => {
    while (left-- > 0) expect((await light.post(SINGLE)).status).toBe(202);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** Resident memory of a service in MiB. */
export async function memoryOf({ pid }: Service): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** How many jobs of the host wait, are delayed or at work, counted by BullMQ itself. */
export async function openCounter(
  options: { databaseUrl: string; redisUrl?: string },
  atEnd: AtEnd,
): Promise<() => Promise<number>> {
  const dispatcher = await openDispatcher({ ...options, log: () => {} });
  atEnd(() => dispatcher.close());
  return async () => {
    const counts = QUEUE_KINDS.map(async (kind) => {
      const queue = dispatcher.queue(kind, HOST);
      if (!(queue instanceof Queue)) throw new TypeError('no queue of BullMQ');
      return await queue.getJobCountByTypes('waiting', 'delayed', 'active', 'prioritized');
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };
}

export async function unfinishedRuns(light: Light): Promise<number> {
  const [row] = await light.rows<{ count: number }>(
    'select count(*)::int from runs where finished_at is null',
  );
  return row?.count ?? 0;
}
