import { setTimeout as sleep } from 'node:timers/promises';
import { DavyError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { openLogFile } from '../../db/embedded/log-file.ts';
import type { ReadyMessage, StartMessage } from '../service/messages.ts';
import { type Child, startChild } from './child.ts';
import { deferred } from './deferred.ts';
import { failuresAfter, restartPauseMs } from './restart-pause.ts';

export interface SupervisorOptions {
  name: string;
  /** A Node script and its arguments. */
  argv: readonly string[];
  logFile: string;
  startMessage: () => Promise<StartMessage>;
  log: Log;
  /** From the start message to `ready`; 60 s unless told otherwise. */
  startTimeoutMs?: number;
  /** Between SIGTERM and SIGKILL; 15 s unless told otherwise. */
  graceMs?: number;
}

const START_TIMEOUT_MS = 60_000;
const GRACE_MS = 15_000;
/** Failures before it was ever ready, after which it is hopeless. */
const FIRST_STARTS_MAX = 3;

/** Keeps one child alive: after a crash it is started again, after a pause that grows from 0.1 s to 5 s. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #ready = deferred<ReadyMessage>();
  readonly #stopping = new AbortController();
  readonly #run: Promise<void>;
  #child: Child | undefined;
  #readySince: number | undefined;
  #wasReady = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#run = this.#keepAlive();
  }

  /**
   * The first time that the child was ready.
   * @throws DavyError `service-start` after three failures before that.
   */
  get ready(): Promise<ReadyMessage> {
    return this.#ready.promise;
  }

  /** Of the child that lives now. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ends the child in order; it is started again with a new start message. */
  async restart(): Promise<void> {
    await this.#child?.stop(this.#options.graceMs ?? GRACE_MS);
  }

  /** SIGTERM, and SIGKILL after the grace; at once where it is called again. */
  async stop(): Promise<void> {
    const graceMs = this.#stopping.signal.aborted ? 0 : (this.#options.graceMs ?? GRACE_MS);
    this.#stopping.abort();
    await this.#child?.stop(graceMs);
    await this.#run;
    this.#ready.reject(this.#startError('it was stopped'));
  }

  async #keepAlive(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      const { ending, healthyMs } = await this.#live();
      if (this.#stopping.signal.aborted) return;
      failures = failuresAfter(failures, healthyMs);
      if (!this.#wasReady && failures >= FIRST_STARTS_MAX)
        return this.#ready.reject(this.#startError(ending));
      const pauseMs = restartPauseMs(failures);
      this.#options.log('error', `${this.#options.name}: ${ending}; it starts again in ${pauseMs / 1000} s`);
      await sleep(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  /** One life of the child, from its start to its end. */
  async #live(): Promise<{ ending: string; healthyMs: number }> {
    const logFile = openLogFile(this.#options.logFile);
    this.#readySince = undefined;
    const child = startChild({
      argv: this.#options.argv,
      logFd: logFile.fd,
      startMessage: async () => {
        const message = await this.#options.startMessage();
        this.#endUnlessReady(child);
        return message;
      },
      onReady: (message) => this.#markReady(message),
      onNotice: (level, message) => this.#options.log(level, `${this.#options.name}: ${message}`),
    });
    this.#child = child;
    const ending = await child.ended;
    logFile.close();
    const healthyMs = this.#readySince === undefined ? 0 : performance.now() - this.#readySince;
    return { ending, healthyMs };
  }

  #markReady(message: ReadyMessage): void {
    this.#readySince = performance.now();
    this.#wasReady = true;
    this.#ready.resolve(message);
  }

  #endUnlessReady(child: Child): void {
    const timeoutMs = this.#options.startTimeoutMs ?? START_TIMEOUT_MS;
    const late = setTimeout(() => {
      if (this.#readySince !== undefined) return;
      this.#options.log('error', `${this.#options.name}: not ready within ${timeoutMs} ms`);
      void child.stop(0);
    }, timeoutMs);
    void child.ended.then(() => clearTimeout(late));
  }

  #startError(ending: string): DavyError {
    const { name, logFile } = this.#options;
    return new DavyError('service-start', `The ${name} does not start: ${ending}`, {
      component: name,
      nextStep: `Its log is ${logFile}`,
    });
  }
}
