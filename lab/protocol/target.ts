import type { Algorithm } from './hash.ts';

const HASH_SPACE = 1n << 256n;
const HASH_BYTES = 32;

// Stratum's difficulty 1. For scrypt, miners divide the difficulty by 65536 before they apply it.
const difficultyOneTarget: Record<Algorithm, bigint> = {
  sha256d: 0xffffn << 208n,
  scrypt: 0xffffn << 224n,
};

/** The largest hash that is a share at this difficulty, in the convention of minerd. Throws on difficulty <= 0. */
export function targetFromDifficulty(algorithm: Algorithm, difficulty: number): bigint {
  const { numerator, denominator } = exactFraction(difficulty);
  const target = (difficultyOneTarget[algorithm] * denominator) / numerator;
  return target < HASH_SPACE ? target : HASH_SPACE - 1n;
}

/** The network target that a header's compact `bits` stand for. */
export function targetFromBits(bits: number): bigint {
  const mantissa = BigInt(bits & 0x7fffff);
  const exponent = bits >>> 24;
  return exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3));
}

/** A proof-of-work hash as the number that is compared with targets. */
export function hashNumber(hash: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(hash).reverse().toString('hex')}`);
}

/** A target as the bytes of a hash, for `meetsTarget`. */
export function targetBytes(target: bigint): Buffer {
  return Buffer.from(target.toString(16).padStart(HASH_BYTES * 2, '0'), 'hex').reverse();
}

/** True when a hash is at or below a target; both as little-endian bytes, so that searching needs no bigint. */
export function meetsTarget(hash: Uint8Array, target: Uint8Array): boolean {
  for (let at = HASH_BYTES - 1; at >= 0; at -= 1) {
    const difference = (hash[at] ?? 0) - (target[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

/** How many hashes a share of this difficulty takes on average. */
export function hashesPerShare(algorithm: Algorithm, difficulty: number): number {
  return (difficulty * Number(HASH_SPACE)) / Number(difficultyOneTarget[algorithm]);
}

/**
 * The share difficulty at which a miner of `hashesPerSecond` finds one share every `intervalSeconds` on average.
 * On regtest nearly every hash meets the network target, so this is also the pace of blocks: with the miner's
 * default of 200 scrypt hashes a second, one block a second is difficulty 0.00305.
 */
export function difficultyForInterval(wanted: {
  algorithm: Algorithm;
  hashesPerSecond: number;
  intervalSeconds: number;
}): number {
  return (wanted.hashesPerSecond * wanted.intervalSeconds) / hashesPerShare(wanted.algorithm, 1);
}

function exactFraction(value: number): { numerator: bigint; denominator: bigint } {
  if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${value} is not a difficulty.`);
  let denominator = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    denominator *= 2n;
  }
  return { numerator: BigInt(scaled), denominator };
}
