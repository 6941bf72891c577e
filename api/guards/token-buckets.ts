/** How many requests at once, and how many a second from then on. */
export interface Budget {
  burst: number;
  perSecond: number;
}

/** What is left after a request. */
export interface Take {
  taken: boolean;
  /** Whole requests that may follow at once. */
  remaining: number;
  /** Seconds after which there is one more, rounded up. */
  moreAfterSeconds: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A bucket of tokens for each caller, that of the one who was away longest making room where there are too many. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #budget: Budget;
  readonly #max: number;

  constructor(budget: Budget, max: number) {
    this.#budget = budget;
    this.#max = max;
  }

  /** `nowMs` is of a clock that never goes back. */
  take(caller: string, nowMs: number): Take {
    const { burst, perSecond } = this.#budget;
    const { tokens, atMs } = this.#buckets.get(caller) ?? { tokens: burst, atMs: nowMs };
    const filled = Math.min(burst, tokens + ((nowMs - atMs) / 1000) * perSecond);
    const taken = filled >= 1;
    const left = taken ? filled - 1 : filled;
    this.#keep(caller, { tokens: left, atMs: nowMs });
    const remaining = Math.floor(left);
    return { taken, remaining, moreAfterSeconds: Math.ceil((remaining + 1 - left) / perSecond) };
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** A Map keeps the order of insertion: whoever was just here goes to its end. */
  #keep(caller: string, bucket: Bucket): void {
    this.#buckets.delete(caller);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= this.#max && oldest !== undefined) this.#buckets.delete(oldest);
    this.#buckets.set(caller, bucket);
  }
}
