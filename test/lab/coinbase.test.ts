import { expect, test } from 'vitest';
import { swappedWords } from '../../lab/protocol/bytes.ts';
import { encodeHeight, planCoinbase, withReservedWitness } from '../../lab/protocol/coinbase.ts';
import { encodeVarint } from '../../lab/protocol/varint.ts';

const plan = {
  height: 433,
  value: 5_000_000_000,
  payoutScript: Buffer.from('51', 'hex'),
  witnessCommitment: Buffer.from('6a24', 'hex'),
  flags: Buffer.alloc(0),
  extranonceBytes: 8,
};

test.each([
  [0, '00'],
  [1, '51'],
  [16, '60'],
  [17, '0111'],
  [127, '017f'],
  [128, '028000'],
  [227_836, '03fc7903'],
  [8_388_608, '0400008000'],
])('height %i in BIP34 form', (height, script) => {
  expect(encodeHeight(height).toString('hex')).toBe(script);
});

test.each([
  [0, '00'],
  [252, 'fc'],
  [253, 'fdfd00'],
  [65_535, 'fdffff'],
  [65_536, 'fe00000100'],
])('%i as CompactSize', (value, bytes) => {
  expect(encodeVarint(value).toString('hex')).toBe(bytes);
});

test('the coinbase is cut where the extranonces go', () => {
  const { head, tail } = planCoinbase(plan);
  const noInput = `${'00'.repeat(32)}ffffffff`;
  expect(head.toString('hex')).toBe(`0100000001${noInput}1602b10108`);
  const tag = Buffer.from('/davylamp/').toString('hex');
  const outputs = '02' + '00f2052a01000000' + '0151' + '0000000000000000' + '026a24';
  expect(tail.toString('hex')).toBe(`${tag}ffffffff${outputs}00000000`);
});

test('a block carries the same coinbase with marker and reserved witness', () => {
  const { head, tail } = planCoinbase(plan);
  const plain = Buffer.concat([head, Buffer.alloc(8, 0xee), tail]).toString('hex');
  const witness = `0120${'00'.repeat(32)}`;
  const expected = `${plain.slice(0, 8)}0001${plain.slice(8, -8)}${witness}00000000`;
  expect(withReservedWitness(Buffer.from(plain, 'hex')).toString('hex')).toBe(expected);
});

test('without a commitment there is only the payout', () => {
  const { tail } = planCoinbase({ ...plan, witnessCommitment: undefined });
  expect(tail.toString('hex')).toContain('ffffffff0100f2052a01000000015100000000');
});

test('Stratum swaps the bytes of each word of the previous hash', () => {
  expect(swappedWords(Buffer.from('0001020304050607', 'hex')).toString('hex')).toBe('0302010007060504');
});
