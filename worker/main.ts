import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { Reach } from '../core/failpoint.ts';
import type { Log } from '../core/log.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { WebhookAllowance } from '../core/webhook.ts';
import { CANCEL_CHANNEL } from '../db/channels.ts';
import type { Database } from '../db/connection.ts';
import { newId } from '../db/id.ts';
import { openRunStore } from '../db/run-store.ts';
import type { Consumer, Dispatcher, Wake } from '../queue/port.ts';
import { systemClock } from './clock.ts';
import { type Engine, openEngine } from './engine.ts';
import { endLost } from './lost.ts';
import { openDelivery } from './notices/delivery.ts';
import { reconcile, takeUp } from './reconcile.ts';
import { openRegistry } from './registry.ts';
import { settingsFrom } from './settings.ts';
import { openWatch, type Watch } from './watch.ts';
import { openWork } from './work.ts';

export interface WorkerOptions {
  database: Database;
  dispatcher: Dispatcher;
  host: string;
  /** Absolute folders under which environments may lie. */
  roots: string[];
  environmentFile: string;
  /** Absolute. */
  dataDir: string;
  settingsFile: string;
  /** The pipeline that the watch runs when it finds a stack broken. */
  recoveryPipeline: Pipeline;
  webhookAllowance: WebhookAllowance;
  /** How long a claim holds without a sign of life of ours. */
  leaseSeconds: number;
  reach: Reach;
  log: Log;
}

export interface Worker {
  /** Takes no more work, lets attempts end for a while, then gives them back. Never stops a mining stack. */
  close(): Promise<void>;
}

const CONCURRENCY = 8;
const RECONCILE_MS = 1_000;
const REGISTER_MS = 2_000;
/** How late a look may come that no alarm calls for. */
const WATCH_MS = 200;
const DELIVER_MS = 1_000;
const END_LOST_MS = 2_000;
const SHUTDOWN_GRACE_MS = 10_000;

/** Starts the worker of this host. There is no other start than this one, after a crash or without. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { database, dispatcher, host, log } = options;
  const workerId = newId();
  const store = openRunStore(database, options.leaseSeconds);
  const onLost = (environmentId: string) => engine.leave(environmentId);
  const onTaken = () => takeUp(reconciling);
  const isAtWork = (environmentId: string) => engine.isAtWork(environmentId);
  const registry = openRegistry({ ...options, workerId, onTaken, onLost, isAtWork });
  const settings = settingsFrom(options.settingsFile, log);
  const engine: Engine = openEngine({
    store,
    dispatcher,
    work: openWork({ database, reach: options.reach, log }),
    clock: systemClock,
    registry,
    settings,
    host,
    reach: options.reach,
    log,
    onIdle: () => watch.wake(),
  });
  const watch: Watch = openWatch({
    database,
    registry,
    engine,
    settings,
    leaseSeconds: options.leaseSeconds,
    pipeline: options.recoveryPipeline,
    log,
  });
  const delivery = openDelivery({
    database,
    stacks: () => registry.stacks(),
    allowance: options.webhookAllowance,
    log,
  });
  const reconciling = { store, dispatcher, registry, engine, host };

  const wake = async ({ runId, kind, stageId = '' }: Wake) => {
    await engine.handle(runId);
    options.reach('acknowledge', kind === 'recovery' ? 'recovery' : stageId);
  };
  let consumer: Consumer | null = null;
  const register = async () => {
    await registry.refresh();
    // A worker that waits for the end of another would take away the calls that are meant for it.
    if (registry.stacks().length > 0)
      consumer ??= dispatcher.consume(host, wake, { concurrency: CONCURRENCY });
  };
  await register();
  // A hint: the reconciler finds out by itself a second later.
  database
    .listen(CANCEL_CHANNEL, (runId) => void engine.cancel(runId))
    .catch((error: unknown) => log('warn', 'cannot listen for cancellations', { reason: messageOf(error) }));
  const loops = [
    every(REGISTER_MS, 'registering', log, register),
    every(WATCH_MS, 'watching', log, async () => watch.turn()),
    every(DELIVER_MS, 'delivering notices', log, () => delivery.turn()),
    every(END_LOST_MS, 'ending runs of lost environments', log, () =>
      endLost({ database, store, registry, settings, host, log }),
    ),
    every(RECONCILE_MS, 'reconciling', log, () => reconcile(reconciling)),
  ];
  log('info', 'worker ready', {
    workerId,
    host,
    roots: options.roots,
    state: join(options.dataDir, 'environments'),
  });
  return {
    async close() {
      for (const stop of loops) stop();
      watch.close();
      // The fences are the kernel's to take back when this process is gone: what did not settle may act until then.
      await Promise.all([consumer?.close(), engine.close(SHUTDOWN_GRACE_MS), delivery.close()]);
    },
  };
}

/** Repeats something for ever, one at a time, from now on; failures are told once until it works again. */
function every(intervalMs: number, what: string, log: Log, work: () => Promise<void>): () => void {
  let stopped = false;
  let lastReason: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  const turn = async () => {
    try {
      await work();
      lastReason = null;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== lastReason) log('warn', `${what} failed; it is tried again`, { reason });
      lastReason = reason;
    }
    if (!stopped) timer = setTimeout(turn, intervalMs);
  };
  timer = setTimeout(turn, 0);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
