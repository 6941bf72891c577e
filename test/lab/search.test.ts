import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSearch, type SearchSpace } from '../../lab/miner/search.ts';

const EVERY_HASH = Buffer.alloc(32, 0xff);
const space: SearchSpace = {
  target: EVERY_HASH,
  work: () => ({ jobId: 'j1', extranonce2: '00000000', time: '00000000', header: Buffer.alloc(80) }),
};

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A search on a clock that the test moves, and how many hashes it has made. */
function searching(hashesPerSecond: number) {
  let hashes = 0;
  const onFound = () => {
    hashes++;
  };
  const measured: number[] = [];
  const onMeasured = (count: number) => void measured.push(count);
  const search = createSearch({ algorithm: 'sha256d', hashesPerSecond, onFound, onMeasured });
  search.begin(space);
  return { search, measured, hashes: () => hashes };
}

test.each([1, 100, 1_000])('at a limit of %i hashes a second it makes as many, and no more', (limit) => {
  const { search, hashes } = searching(limit);
  vi.advanceTimersByTime(4_000);
  expect(hashes()).toBeLessThanOrEqual(4 * limit);
  expect(hashes()).toBeGreaterThanOrEqual(3.9 * limit - 1);
  expect(search.hashesPerSecond()).toBeLessThanOrEqual(limit);
});

test('after a pause, as of a process that is stopped, it catches up on half a second', () => {
  const { hashes } = searching(100);
  vi.advanceTimersByTime(1_000);
  const before = hashes();
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
  vi.advanceTimersByTime(25);
  expect(hashes() - before).toBeGreaterThanOrEqual(50);
  expect(hashes() - before).toBeLessThanOrEqual(51);
});

test('what it hashes is told every few seconds, once', () => {
  const { measured, hashes } = searching(100);
  vi.advanceTimersByTime(11_000);
  expect(measured).toHaveLength(2);
  const told = measured.reduce((sum, count) => sum + count, 0);
  expect(told).toBeGreaterThanOrEqual(900);
  expect(told).toBeLessThanOrEqual(hashes());
});
