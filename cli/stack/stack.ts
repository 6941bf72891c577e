import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../core/config.ts';
import type { Log } from '../../core/log.ts';
import { readKeyFile } from '../client/api-key.ts';
import { shippedPath } from '../places.ts';
import type { StartMessage } from '../service/messages.ts';
import { openStackDatabase, type StackDatabase } from './database.ts';
import { waitUntilUsable } from './readiness.ts';
import { Supervisor } from './supervisor.ts';

export interface ServiceAddress {
  /** Where the API is: `http://127.0.0.1:8420`. */
  url: string;
  /** With all rights. */
  apiKey: string;
}

/**
 * Postgres where DATABASE_URL is unset, and API and worker as children of this process, all of them kept alive.
 * The children die with this process, however it ends; the mining components never do.
 */
export class ServiceGroup {
  readonly #config: Config;
  readonly #log: Log;
  readonly #api: Supervisor;
  readonly #worker: Supervisor;
  readonly #database: Promise<StackDatabase>;
  /** Resolves when the schema is there; until then the children import their modules. */
  readonly #migrated: Promise<void>;
  /** Stays the same over restarts of the API, also where any free port was asked for. */
  #port: number;
  /** Resolves when runs can be posted. Rejects with a DavyError where a part cannot be started: `close()` then. */
  readonly ready: Promise<ServiceAddress>;

  private constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#port = config.port;
    this.#api = this.#supervise('api');
    this.#worker = this.#supervise('worker');
    this.#database = this.#openDatabase();
    this.#migrated = this.#migrate();
    this.ready = this.#becomeReady();
    for (const promise of [this.#database, this.#migrated, this.ready]) promise.catch(() => {});
  }

  static async open(config: Config, log: Log): Promise<ServiceGroup> {
    // Another user's Postgres must be able to pass through the data directory; the logs are nobody else's business.
    await mkdir(config.dataDir, { recursive: true, mode: 0o711 });
    await mkdir(logDirOf(config), { recursive: true, mode: 0o700 });
    return new ServiceGroup(config, log);
  }

  /** Ends all of it within about 35 s; children are killed at once where it is called again. */
  async close(): Promise<void> {
    await Promise.all([this.#api.stop(), this.#worker.stop()]);
    const database = await this.#database.catch(() => null);
    await database?.close();
  }

  async #becomeReady(): Promise<ServiceAddress> {
    await this.#migrated;
    const [{ url }] = await Promise.all([this.#api.ready, this.#worker.ready]);
    if (url === null) throw new Error('the API did not say where it listens');
    this.#port ||= Number(new URL(url).port);
    const apiKey = await readKeyFile(this.#config.dataDir);
    await waitUntilUsable({ url, apiKey, host: this.#config.host });
    return { url, apiKey };
  }

  #openDatabase(): Promise<StackDatabase> {
    const onMoved = () => void Promise.all([this.#api.restart(), this.#worker.restart()]);
    return openStackDatabase(this.#config, logDirOf(this.#config), { log: this.#log, onMoved });
  }

  async #migrate(): Promise<void> {
    const [database, { migrate }] = await Promise.all([this.#database, import('../../db/migrate.ts')]);
    await migrate(database.url());
  }

  #supervise(name: 'api' | 'worker'): Supervisor {
    return new Supervisor({
      name,
      argv: [shippedPath('bin/davy.js'), name, '--supervised'],
      logFile: join(logDirOf(this.#config), `${name}.log`),
      log: this.#log,
      startMessage: async (): Promise<StartMessage> => {
        const [database] = await Promise.all([this.#database, this.#migrated]);
        return { type: 'start', config: { ...this.#config, port: this.#port, databaseUrl: database.url() } };
      },
    });
  }
}

function logDirOf({ dataDir }: Config): string {
  return join(dataDir, 'logs');
}
