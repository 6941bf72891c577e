import { expect, test } from 'vitest';
import { reversed } from '../../lab/protocol/bytes.ts';
import { powHash, sha256d } from '../../lab/protocol/hash.ts';
import { blockHash, encodeHeader, setNonce } from '../../lab/protocol/header.ts';
import { hashNumber, targetFromBits } from '../../lab/protocol/target.ts';

const zeroHash = Buffer.alloc(32);

function internal(displayed: string): Buffer {
  return reversed(Buffer.from(displayed, 'hex'));
}

const bitcoinGenesis = encodeHeader({
  version: 1,
  previousHash: zeroHash,
  merkleRoot: internal('4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'),
  time: 1_231_006_505,
  bits: 0x1d00ffff,
  nonce: 2_083_236_893,
});

const litecoinGenesis = encodeHeader({
  version: 1,
  previousHash: zeroHash,
  merkleRoot: internal('97ddfbbae6be97fd6cdf3e7ca13232a3afff2353e29badfab7f73011edd4ced9'),
  time: 1_317_972_665,
  bits: 0x1e0ffff0,
  nonce: 2_084_524_493,
});

test('the genesis blocks of Bitcoin and Litecoin have their known names', () => {
  expect(blockHash(bitcoinGenesis)).toBe('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f');
  expect(blockHash(litecoinGenesis)).toBe('12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2');
});

test('the proof of work of Litecoin is scrypt, that of Bitcoin the block hash', () => {
  const scrypt = reversed(powHash('scrypt', litecoinGenesis)).toString('hex');
  expect(scrypt).toBe('0000050c34a64b415b6b15b37f2216634b5b1669cb9a2e38d76f7213b0671e00');
  expect(powHash('sha256d', bitcoinGenesis)).toEqual(sha256d(bitcoinGenesis));
});

test('both genesis blocks meet their own targets, and no longer do with another nonce', () => {
  expect(hashNumber(powHash('sha256d', bitcoinGenesis))).toBeLessThan(targetFromBits(0x1d00ffff));
  expect(hashNumber(powHash('scrypt', litecoinGenesis))).toBeLessThan(targetFromBits(0x1e0ffff0));
  const other = Buffer.from(litecoinGenesis);
  setNonce(other, 1);
  expect(hashNumber(powHash('scrypt', other))).toBeGreaterThan(targetFromBits(0x1e0ffff0));
});
