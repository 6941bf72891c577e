import { setTimeout as pause } from 'node:timers/promises';
import type { IQueueBackend } from 'bullmq';
import { WORKER_SETTINGS } from './link.ts';

const PAUSE_AFTER_ERROR_MS = 500;

/**
 * Mends two habits of BullMQ's worker loop: it asks again at once after an error that is not a refused
 * connection (a Postgres that starts up, a Redis out of memory), and on Postgres it may wait an hour for
 * a notification that was lost.
 */
export function steady<B extends IQueueBackend>(backend: B): B {
  const moveToActive = backend.moveToActive.bind(backend);
  backend.moveToActive = (...args) => slowToFail(moveToActive(...args));
  Object.defineProperty(backend, 'maximumBlockTimeout', { value: WORKER_SETTINGS.drainDelay });
  return backend;
}

async function slowToFail<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await pause(PAUSE_AFTER_ERROR_MS);
    throw error;
  }
}
