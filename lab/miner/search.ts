import { type Algorithm, powHash } from '../protocol/hash.ts';
import { setNonce } from '../protocol/header.ts';
import { meetsTarget } from '../protocol/target.ts';
import type { Work } from './work.ts';

const NONCES = 2 ** 32;
const TICK_MS = 25;
const SLICE_MS = 10;
const RATE_WINDOW_MS = 5_000;
// After a pause (SIGSTOP, a busy machine) no more than this is caught up.
const MAX_CATCH_UP_SECONDS = 0.5;

/** How to search. */
export interface SearchOptions {
  readonly algorithm: Algorithm;
  /** 0 for no limit. */
  readonly hashesPerSecond: number;
  onFound(work: Work, nonce: number): void;
  /** Told every few seconds of hashing. */
  onMeasured(hashes: number, hashesPerSecond: number): void;
}

/** A space of headers: the n-th one, and the target their hashes have to meet. */
export interface SearchSpace {
  readonly target: Buffer;
  work(round: number): Work;
}

/** A search for nonces that shares the event loop with everything else. */
export interface Search {
  /** Drops what is being searched and starts on this; undefined rests. */
  begin(space: SearchSpace | undefined): void;
  /** The rate measured over the last seconds. */
  hashesPerSecond(): number;
  stop(): void;
}

/** A resting search. It hashes in slices of at most 10 ms, and no faster than its limit. */
export function createSearch(options: SearchOptions): Search {
  const budget = createBudget(options.hashesPerSecond);
  const meter = createMeter(options.onMeasured);
  let cursor: Cursor | undefined;
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;

  const tick = () => {
    const hashes = searchSlice(options, () => cursor, budget.take());
    budget.spend(hashes);
    meter.count(hashes);
    schedule();
  };
  const schedule = () => {
    if (cursor === undefined) timer = undefined;
    else timer = options.hashesPerSecond === 0 ? setImmediate(tick) : setTimeout(tick, TICK_MS);
  };

  return {
    begin(space) {
      cursor = space && createCursor(space);
      if (timer === undefined) {
        budget.reset();
        schedule();
      }
    },
    hashesPerSecond: meter.rate,
    stop() {
      cursor = undefined;
    },
  };
}

interface Cursor {
  readonly target: Buffer;
  work: Work;
  nonce: number;
  advance(): void;
}

function createCursor(space: SearchSpace): Cursor {
  let round = 0;
  return {
    target: space.target,
    work: space.work(0),
    nonce: 0,
    advance() {
      this.nonce += 1;
      if (this.nonce < NONCES) return;
      round += 1;
      this.work = space.work(round);
      this.nonce = 0;
    },
  };
}

/** Searches up to `maxHashes` or 10 ms. The cursor is asked for anew each time, as a find may replace it. */
function searchSlice(options: SearchOptions, current: () => Cursor | undefined, maxHashes: number): number {
  const endsAt = performance.now() + SLICE_MS;
  let hashes = 0;
  for (let cursor = current(); cursor !== undefined && hashes < maxHashes; cursor = current()) {
    const { work, nonce, target } = cursor;
    setNonce(work.header, nonce);
    cursor.advance();
    hashes += 1;
    if (meetsTarget(powHash(options.algorithm, work.header), target)) options.onFound(work, nonce);
    if (performance.now() >= endsAt) break;
  }
  return hashes;
}

function createBudget(hashesPerSecond: number) {
  let allowance = 0;
  let refilledAt = performance.now();
  return {
    take() {
      const now = performance.now();
      const seconds = Math.min((now - refilledAt) / 1000, MAX_CATCH_UP_SECONDS);
      refilledAt = now;
      allowance = Math.min(allowance + seconds * hashesPerSecond, Math.max(1, hashesPerSecond));
      return hashesPerSecond === 0 ? Number.POSITIVE_INFINITY : Math.floor(allowance);
    },
    spend(hashes: number) {
      allowance -= hashes;
    },
    reset() {
      allowance = 0;
      refilledAt = performance.now();
    },
  };
}

function createMeter(onMeasured: SearchOptions['onMeasured']) {
  let windowStart = performance.now();
  let hashes = 0;
  let lastRate = 0;
  const rate = () => {
    const elapsedMs = performance.now() - windowStart;
    if (elapsedMs < 1_000) return lastRate;
    lastRate = (hashes * 1000) / elapsedMs;
    return lastRate;
  };
  return {
    rate,
    count(more: number) {
      if (performance.now() - windowStart > RATE_WINDOW_MS) {
        onMeasured(hashes, rate());
        windowStart = performance.now();
        hashes = 0;
      }
      hashes += more;
    },
  };
}
