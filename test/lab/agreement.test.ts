import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseNotice, workOf } from '../../lab/miner/work.ts';
import { blockOf, headerOf, notifyParams } from '../../lab/pool/job.ts';
import { algorithms, sha256d } from '../../lab/protocol/hash.ts';
import { blockHash, setNonce } from '../../lab/protocol/header.ts';
import { jobNamed, template } from './support/work.ts';

const bytes32 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test('miner and pool make the same header of a job', () => {
  const transaction = bytes32.map((txid) => ({ txid, data: '' }));
  const changes = fc.record({
    previousblockhash: bytes32,
    version: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    height: fc.integer({ min: 1, max: 10_000_000 }),
    curtime: uint32,
    transactions: fc.array(transaction, { maxLength: 9 }),
  });
  const extranonce1 = Buffer.from('a1b2c3d4', 'hex');
  fc.assert(
    fc.property(changes, uint32, uint32, (change, round, nonce) => {
      const job = jobNamed('1', change);
      const notice = parseNotice(JSON.parse(JSON.stringify(notifyParams(job, true))));
      if (notice === undefined) throw new Error('The notice is not understood.');
      const work = workOf(notice, { extranonce1, extranonce2Bytes: 4 }, round);
      setNonce(work.header, nonce);
      const extranonce2 = Buffer.from(work.extranonce2, 'hex');
      const solution = { extranonce1, extranonce2, time: Number.parseInt(work.time, 16), nonce };
      expect(headerOf(job, solution)).toEqual(work.header);
    }),
    { numRuns: 100 },
  );
});

test('rounds of extranonce2 differ', () => {
  const notice = parseNotice(notifyParams(jobNamed('1'), false));
  if (notice === undefined) throw new Error('The notice is not understood.');
  const subscription = { extranonce1: Buffer.alloc(4), extranonce2Bytes: 4 };
  const headers = [0, 1, 2, 256].map((round) => workOf(notice, subscription, round).header.toString('hex'));
  expect(new Set(headers).size).toBe(4);
});

test('a block is header, count, coinbase with witness, transactions and the MWEB block', () => {
  const changes = { transactions: [{ txid: '33'.repeat(32), data: 'aabb' }], mweb: 'cafe' };
  const job = jobNamed('1', changes);
  const solution = { extranonce1: Buffer.alloc(4), extranonce2: Buffer.alloc(4), time: 1, nonce: 2 };
  const block = blockOf(job, solution);
  expect(block.slice(0, 160)).toBe(headerOf(job, solution).toString('hex'));
  expect(block.slice(160, 176)).toBe('0201000000000101');
  expect(block.endsWith('00000000aabb01cafe')).toBe(true);
});

test('notices that Stratum does not allow are refused', () => {
  const good = notifyParams(jobNamed('1'), true);
  const faults = good.slice(0, 8).map((_, at) => good.map((value, index) => (index === at ? 7 : value)));
  const hashes = [good.with(1, '00'), good.with(4, ['00']), good.with(4, [7])];
  for (const fault of [...faults, ...hashes, [], good.slice(0, 7)])
    expect(parseNotice(fault)).toBeUndefined();
});

test('the name of a block is SHA-256d whatever it is mined with', () => {
  expect(algorithms).toEqual(['sha256d', 'scrypt']);
  const header = Buffer.alloc(80, 1);
  expect(blockHash(header)).toBe(sha256d(header).reverse().toString('hex'));
  expect(template.bits).toBe('207fffff');
});
