/**
 * Lets one piece of work at a time act under a key. What was told to stop may take a while to: nothing else begins
 * under its key until it has ended, whatever its caller made of it meanwhile.
 */
export class Exclusive {
  readonly #tails = new Map<string, Promise<void>>();

  /** Works when everything that was asked for before under this key has ended. @throws what the work throws */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const working = before ? before.then(work) : work();
    const tail = working.then(ignore, ignore).then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
    return working;
  }

  /** Whether something under this key has not ended. */
  has(key: string): boolean {
    return this.#tails.has(key);
  }
}

function ignore(): void {}
