import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../core/config.ts';
import { messageOf } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { EmbeddedPostgres } from '../../db/embedded/launcher.ts';
import { failuresAfter, restartPauseMs } from './restart-pause.ts';

export interface StackDatabase {
  /** Changes only where somebody else took the port of an embedded Postgres while it was down. */
  url(): string;
  close(): Promise<void>;
}

/**
 * The operator's Postgres, or one of our own that is kept alive.
 * @throws DavyError where our own cannot be started.
 */
export async function openStackDatabase(
  config: Config,
  logDir: string,
  { log, onMoved }: { log: Log; onMoved: () => void },
): Promise<StackDatabase> {
  const { databaseUrl } = config;
  if (databaseUrl !== null) return { url: () => databaseUrl, close: async () => {} };
  const { startEmbeddedPostgres } = await import('../../db/embedded/launcher.ts');
  const start = () =>
    startEmbeddedPostgres({ dataDir: config.dataDir, log: (line) => log('info', `postgres: ${line}`) });
  const first = await start();
  await linkLog(config.dataDir, logDir);
  return new KeptPostgres(first, start, log, onMoved);
}

/** An embedded Postgres that is started again when it ends. */
class KeptPostgres implements StackDatabase {
  #server: EmbeddedPostgres;
  readonly #stopping = new AbortController();
  readonly #run: Promise<void>;

  constructor(
    first: EmbeddedPostgres,
    start: () => Promise<EmbeddedPostgres>,
    log: Log,
    onMoved: () => void,
  ) {
    this.#server = first;
    this.#run = this.#keepAlive(start, log, onMoved);
  }

  url(): string {
    return this.#server.url;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#server.stop();
    await this.#run;
  }

  async #keepAlive(start: () => Promise<EmbeddedPostgres>, log: Log, onMoved: () => void): Promise<void> {
    let failures = 0;
    for (;;) {
      const startedAt = performance.now();
      const { exitCode, signal } = await this.#server.exited;
      if (this.#stopping.signal.aborted) return;
      failures = failuresAfter(failures, performance.now() - startedAt);
      const ending = `ended with ${signal ?? `exit code ${exitCode}`}`;
      log('error', `postgres: ${ending}; it starts again in ${restartPauseMs(failures) / 1000} s`);
      const { url } = this.#server;
      await this.#startAgain(start, failures, log);
      if (this.#server.url !== url) onMoved();
    }
  }

  async #startAgain(start: () => Promise<EmbeddedPostgres>, failures: number, log: Log): Promise<void> {
    for (let failed = failures; !this.#stopping.signal.aborted; failed++) {
      await sleep(restartPauseMs(failed), undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return;
      try {
        this.#server = await start();
        if (this.#stopping.signal.aborted) await this.#server.stop();
        return;
      } catch (error) {
        log('error', `postgres: ${messageOf(error)}`);
      }
    }
  }
}

/** Postgres keeps its log beside its data; operators look for it beside the others. */
async function linkLog(dataDir: string, logDir: string): Promise<void> {
  const target = join(dataDir, 'postgres', 'server.log');
  await symlink(target, join(logDir, 'postgres.log')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
