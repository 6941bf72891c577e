import { messageOf } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { type ENVIRONMENTS_CHANNEL, RUNS_CHANNEL } from '../../db/channels.ts';
import type { Database } from '../../db/connection.ts';

/** One that waits for news of a run. News that came between two waits are not lost. */
export interface Follower {
  /** Resolves when the run may have changed, after the time at the latest, and when the signal says so. */
  news(timeoutMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Stands for every run; no run is called so. */
const ALL = '*';

type Channel = typeof RUNS_CHANNEL | typeof ENVIRONMENTS_CHANNEL;

/**
 * Hands the notifications of Postgres to those who wait for a run. Each kind of waiting has one of these, which counts
 * its own followers and hears what they are to hear; the database listens once to a channel for all of them.
 */
export class RunChanges {
  readonly #database: Database;
  readonly #log: Log;
  readonly #channels: readonly Channel[];
  readonly #followers = new Map<string, Set<() => void>>();
  #listening: Promise<void> | null = null;

  constructor(database: Database, log: Log, channels: readonly Channel[] = [RUNS_CHANNEL]) {
    this.#database = database;
    this.#log = log;
    this.#channels = channels;
  }

  get followers(): number {
    return [...this.#followers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** One that waits for news of any run, and of any stack where that channel is heard. */
  followAll(): Follower {
    return this.follow(ALL);
  }

  follow(runId: string): Follower {
    this.#listen();
    let hasNews = false;
    let wake = () => {};
    const notice = () => {
      hasNews = true;
      wake();
    };
    const all = this.#followers.get(runId) ?? new Set();
    this.#followers.set(runId, all.add(notice));
    return {
      news: async (timeoutMs, signal) => {
        if (!hasNews && !signal.aborted)
          await new Promise<void>((resolve) => {
            wake = resolve;
            setTimeout(resolve, timeoutMs).unref();
            signal.addEventListener('abort', wake, { once: true });
          });
        hasNews = false;
        signal.removeEventListener('abort', wake);
      },
      close: () => {
        all.delete(notice);
        if (all.size === 0) this.#followers.delete(runId);
      },
    };
  }

  /** Until it listens, those who wait look for themselves every now and then. */
  #listen(): void {
    const tell = (id: string) => {
      for (const key of [id, ALL]) for (const notice of this.#followers.get(key) ?? []) notice();
    };
    this.#listening ??= Promise.all(
      this.#channels.map((channel) => this.#database.listen(channel, tell)),
    ).then(
      () => {},
      (error: unknown) => {
        this.#listening = null;
        this.#log('warn', 'cannot listen for changes of runs', { reason: messageOf(error) });
      },
    );
  }
}
