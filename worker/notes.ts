import { messageOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/** Notes about a repair, written one after the other while it goes on: it must not wait for them. */
export class Notes {
  #last: Promise<unknown> = Promise.resolve();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  add(write: () => Promise<unknown>): void {
    this.#last = this.#last.then(write).catch((error: unknown) => {
      this.#log('warn', 'a note about a recovery could not be written', { reason: messageOf(error) });
    });
  }

  async written(): Promise<void> {
    await this.#last;
  }
}
