import { join } from 'node:path';
import type { Config } from '../core/config.ts';
import type { Log } from '../core/log.ts';
import { oneLine } from '../core/words/text.ts';
import { calm } from '../queue/calm.ts';
import { keyFileOf } from './client/api-key.ts';
import { loadConfig } from './environment-variables.ts';
import { EXIT } from './exit-codes.ts';
import { deferred } from './stack/deferred.ts';
import { type ServiceAddress, ServiceGroup } from './stack/stack.ts';

/**
 * All of `davy up`, for use in this process. Resolves when runs can be posted.
 * @throws DavyError where a part cannot be started; nothing is left running then.
 */
export async function startServices({
  config,
  log,
}: {
  config: Config;
  log: Log;
}): Promise<ServiceAddress & { close(): Promise<void> }> {
  const stack = await ServiceGroup.open(config, log);
  try {
    return { ...(await stack.ready), close: () => stack.close() };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

/** `davy up`: runs until a signal. */
export async function up(): Promise<number> {
  const config = loadConfig();
  const stack = await ServiceGroup.open(config, terminalLog());
  const { asked, closed } = closedBySignal(stack);
  try {
    const address = await Promise.race([stack.ready, asked]);
    if (address !== null) console.log(readyLine(address, config, performance.now()));
  } catch (error) {
    await stack.close();
    throw error;
  }
  await closed;
  return EXIT.succeeded;
}

/** A second signal does not wait for work in progress. */
function closedBySignal(stack: ServiceGroup): { asked: Promise<null>; closed: Promise<void> } {
  const asked = deferred<null>();
  const closed = deferred<void>();
  const close = (signal: NodeJS.Signals) => {
    console.log(`${signal}: ending API, worker and database; the mining components go on`);
    asked.resolve(null);
    stack.close().then(closed.resolve, closed.reject);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, close);
  return { asked: asked.promise, closed: closed.promise };
}

function readyLine({ url }: ServiceAddress, config: Config, sinceStartMs: number): string {
  const seconds = (sinceStartMs / 1000).toFixed(1);
  const key = keyFileOf(config.dataDir);
  return `Davylamp is ready after ${seconds} s: ${url} | API key: ${key} | queues: ${url}/queues | logs: ${join(config.dataDir, 'logs')}`;
}

function terminalLog(): Log {
  return calm((level, message) => {
    if (level === 'warn' || level === 'error') console.error(`${level}: ${oneLine(message)}`);
  });
}
