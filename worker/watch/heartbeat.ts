/** A component that stopped showing signs of life. */
export interface Trouble {
  /** What is wrong, as a sentence without its subject. */
  what: string;
  /** When the last good sign came and when the trouble was noticed, both as `performance.now()`. */
  lastGoodAt: number;
  noticedAt: number;
}

/** Remembers how one component was at its last probe, and tells when that changes. */
export class Heartbeat {
  readonly #onChange: () => void;
  #lastGoodAt = performance.now();
  #misses = 0;
  #current: Trouble | null = null;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get trouble(): Trouble | null {
    return this.#current;
  }

  succeeded(): void {
    this.#lastGoodAt = performance.now();
    this.#misses = 0;
    if (this.#current === null) return;
    this.#current = null;
    this.#onChange();
  }

  /** Proof that it is not well. */
  failed(what: string): void {
    if (this.#current !== null) return;
    this.#current = { what, lastGoodAt: this.#lastGoodAt, noticedAt: performance.now() };
    this.#onChange();
  }

  /** A probe without an answer; so many in a row are proof. Tells whether one more is needed. */
  missed(what: string, missesMax: number): boolean {
    this.#misses += 1;
    if (this.#misses >= missesMax) this.failed(`${what}, ${this.#misses} times in a row`);
    return this.#current === null;
  }
}
