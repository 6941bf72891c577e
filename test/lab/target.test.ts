import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { algorithms } from '../../lab/protocol/hash.ts';
import {
  difficultyForInterval,
  hashesPerShare,
  hashNumber,
  meetsTarget,
  targetBytes,
  targetFromBits,
  targetFromDifficulty,
} from '../../lab/protocol/target.ts';

const algorithm = fc.constantFrom(...algorithms);
const difficulty = fc.double({ min: 0.00002, max: 1e12, noNaN: true });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('targets from difficulties', () => {
  test('difficulty 1 is 32 zero bits for sha256d and 16 for scrypt', () => {
    expect(targetFromDifficulty('sha256d', 1)).toBe(0xffffn << 208n);
    expect(targetFromDifficulty('scrypt', 1)).toBe(0xffffn << 224n);
  });

  test('agrees with minerd 2.5.1, which shows 0147dd253ef368e0 for scrypt at 0.00305', () => {
    const minerd = 0x0147dd253ef368e0n << 192n;
    const difference = targetFromDifficulty('scrypt', 0.00305) - minerd;
    // minerd divides doubles and cuts off the rest.
    expect(difference >= 0n && difference < minerd >> 50n).toBe(true);
  });

  test('a harder difficulty is a lower target', () => {
    fc.assert(
      fc.property(algorithm, difficulty, (name, value) => {
        expect(targetFromDifficulty(name, value * 2)).toBeLessThan(targetFromDifficulty(name, value));
      }),
    );
  });

  test('never exceeds what a hash can be, and refuses what is no difficulty', () => {
    expect(targetFromDifficulty('scrypt', 1e-30)).toBe((1n << 256n) - 1n);
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => targetFromDifficulty('scrypt', bad)).toThrow(RangeError);
    }
  });
});

describe('targets from compact bits', () => {
  test.each([
    [0x1b0404cb, 0x404cbn << 192n],
    [0x1d00ffff, 0xffffn << 208n],
    [0x207fffff, 0x7fffffn << 232n],
    [0x03123456, 0x123456n],
    [0x02123456, 0x1234n],
  ])('%i', (bits, target) => {
    expect(targetFromBits(bits)).toBe(target);
  });
});

test('comparing bytes is comparing numbers', () => {
  fc.assert(
    fc.property(hash, hash, (left, right) => {
      const target = hashNumber(right);
      expect(meetsTarget(left, targetBytes(target))).toBe(hashNumber(left) <= target);
    }),
  );
  expect(meetsTarget(Buffer.alloc(32, 9), Buffer.alloc(32, 9))).toBe(true);
});

describe('choosing a difficulty', () => {
  test('one scrypt share a second at 200 H/s is about 0.00305', () => {
    const chosen = difficultyForInterval({ algorithm: 'scrypt', hashesPerSecond: 200, intervalSeconds: 1 });
    expect(chosen).toBeCloseTo(0.00305, 5);
  });

  test('undoes the expected number of hashes', () => {
    fc.assert(
      fc.property(algorithm, difficulty, (name, value) => {
        const hashes = hashesPerShare(name, value);
        const chosen = difficultyForInterval({
          algorithm: name,
          hashesPerSecond: hashes / 5,
          intervalSeconds: 5,
        });
        expect(chosen / value).toBeCloseTo(1, 9);
      }),
    );
  });

  test('the expected number of hashes is the hash space over the target', () => {
    fc.assert(
      fc.property(algorithm, difficulty, (name, value) => {
        const target = Number(targetFromDifficulty(name, value));
        expect((hashesPerShare(name, value) * target) / 2 ** 256).toBeCloseTo(1, 9);
      }),
    );
  });
});
