import { messageOf } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { loadConfig, requireDatabase, type ServiceConfig } from '../environment-variables.ts';
import { EXIT } from '../exit-codes.ts';
import { serviceLog } from './log.ts';
import { configFromSupervisor, tellSupervisor } from './supervisor-link.ts';
import { watchEventLoop } from './watchdog.ts';

export interface Service {
  /** Where it listens, if it does. */
  url: string | null;
  close(): Promise<void>;
}

export type OpenService = (config: ServiceConfig, log: Log) => Promise<Service>;

/** A little less than a supervisor's patience of 15 s. */
const CLOSE_TIMEOUT_MS = 14_000;
/** Nobody is left to wait for us, and the private Postgres is gone. */
const ORPHAN_CLOSE_TIMEOUT_MS = 5_000;

/**
 * Runs the API or the worker in this process until it is told to end, by a signal or by the end of its supervisor.
 * A fault that nobody handled ends the process with 1.
 * @throws UsageError for bad environment variables, and whatever loading and opening throw.
 */
export async function runService(
  name: string,
  { supervised }: { supervised: boolean },
  load: () => Promise<OpenService>,
): Promise<void> {
  const log = serviceLog(name);
  endOnFaults(log);
  // Alone: bad variables are told at once. Supervised: the modules are loaded while Postgres starts.
  const ownConfig = supervised ? null : requireDatabase(loadConfig());
  const open = await load();
  const config = ownConfig ?? (await configFromSupervisor());
  if (config === null) return process.exit(EXIT.succeeded);
  const ending = endAsked(supervised);
  const watchdog = watchEventLoop();
  const service = await Promise.race([open(config, log), ending.then(() => null)]);
  if (service !== null) tellSupervisor({ type: 'ready', url: service.url });
  const { reason, timeoutMs } = await ending;
  log('info', `ending: ${reason}`);
  if (service !== null) await closeWithin(timeoutMs, service, log);
  await watchdog.close();
  process.exit(EXIT.succeeded);
}

/** Under a supervisor, Ctrl-C and a closed terminal are for the supervisor to act on. */
function endAsked(supervised: boolean): Promise<{ reason: string; timeoutMs: number }> {
  return new Promise((resolve) => {
    const end = (reason: string) => resolve({ reason, timeoutMs: CLOSE_TIMEOUT_MS });
    process.on('SIGTERM', end);
    process.on('SIGHUP', () => supervised || end('SIGHUP'));
    process.on('SIGINT', () => supervised || end('SIGINT'));
    if (!supervised) return;
    const orphaned = () => resolve({ reason: 'the supervisor ended', timeoutMs: ORPHAN_CLOSE_TIMEOUT_MS });
    process.once('disconnect', orphaned);
    if (!process.connected) orphaned();
  });
}

async function closeWithin(timeoutMs: number, service: Service, log: Log): Promise<void> {
  const late = setTimeout(() => {
    log('warn', `could not end in order within ${timeoutMs} ms`);
    process.exit(EXIT.failed);
  }, timeoutMs);
  await service.close().catch((error) => log('warn', 'ending met an error', { reason: messageOf(error) }));
  clearTimeout(late);
}

function endOnFaults(log: Log): void {
  const end = (kind: string) => (error: unknown) => {
    const stack = error instanceof Error ? error.stack : undefined;
    log('error', kind, { reason: messageOf(error), stack });
    tellSupervisor({ type: 'failed', message: `${kind}: ${messageOf(error)}` });
    process.exit(EXIT.failed);
  };
  process.on('uncaughtException', end('uncaught exception'));
  process.on('unhandledRejection', end('unhandled rejection'));
}
