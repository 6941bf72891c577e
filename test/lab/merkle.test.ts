import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reversed } from '../../lab/protocol/bytes.ts';
import { sha256d } from '../../lab/protocol/hash.ts';
import { merkleBranch, merkleRoot } from '../../lab/protocol/merkle.ts';

// Bitcoin's block 100,000.
const ids = [
  '8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87',
  'fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4',
  '6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4',
  'e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d',
].map((id) => reversed(Buffer.from(id, 'hex')));

test("the root of Bitcoin's block 100,000", () => {
  const [coinbase = Buffer.alloc(0), ...others] = ids;
  const root = merkleRoot(coinbase, merkleBranch(others));
  expect(reversed(root).toString('hex')).toBe(
    'f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766',
  );
});

test('a block with nothing but its coinbase has an empty branch', () => {
  const coinbase = Buffer.alloc(32, 7);
  expect(merkleBranch([])).toEqual([]);
  expect(merkleRoot(coinbase, [])).toEqual(coinbase);
});

test('the branch leads to the root of the whole tree, for any number of transactions', () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(hash, fc.array(hash, { maxLength: 20 }), (coinbase, others) => {
      expect(merkleRoot(coinbase, merkleBranch(others))).toEqual(wholeTree([coinbase, ...others]));
    }),
    { numRuns: 50 },
  );
});

/** The definition: an odd level repeats its last hash. */
function wholeTree(level: Buffer[]): Buffer {
  const [only = Buffer.alloc(0)] = level;
  if (level.length === 1) return only;
  const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, at) =>
    level.slice(at * 2, at * 2 + 2),
  );
  return wholeTree(pairs.map(([left = only, right = left]) => sha256d(Buffer.concat([left, right]))));
}
