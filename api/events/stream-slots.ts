import { ProblemError } from '../http/problem.ts';

export interface StreamSlotsMax {
  perKey: number;
  inAll: number;
}

/** Counts the event streams that are open: each holds a connection and reads the database now and then. */
export class StreamSlots {
  readonly #max: StreamSlotsMax;
  readonly #taken = new Map<string, number>();

  constructor(max: StreamSlotsMax) {
    this.#max = max;
  }

  /**
   * Takes a slot; what it returns releases it, once.
   * @throws ProblemError 429
   */
  acquire(keyId: string): () => void {
    const all = [...this.#taken.values()].reduce((sum, count) => sum + count, 0);
    const own = this.#taken.get(keyId) ?? 0;
    if (all >= this.#max.inAll) throw tooMany('Too many event streams are open at the moment.');
    if (own >= this.#max.perKey) throw tooMany(`A key may have ${this.#max.perKey} event streams at a time.`);
    this.#taken.set(keyId, own + 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#release(keyId);
      isTaken = false;
    };
  }

  #release(keyId: string): void {
    const left = (this.#taken.get(keyId) ?? 1) - 1;
    if (left > 0) this.#taken.set(keyId, left);
    else this.#taken.delete(keyId);
  }
}

function tooMany(detail: string): ProblemError {
  return new ProblemError('too-many-requests', detail, {
    nextStep: 'Close one that is no longer needed, or ask for pages with "Accept: application/json".',
    headers: { 'Retry-After': '2' },
  });
}
