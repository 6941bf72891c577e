import { describe, expect, test } from 'vitest';
import { createJobBook } from '../../lab/pool/jobs.ts';
import { judgeShare, type Submission } from '../../lab/pool/share.ts';
import { uint32Hex } from '../../lab/protocol/bytes.ts';
import { jobNamed, NOW, rulesFor } from './support/work.ts';

const EASY = 0.00002;
const extranonce1 = Buffer.from('00000001', 'hex');
const good: Submission = { jobId: '1', extranonce2: '00000000', time: uint32Hex(NOW), nonce: '00000000' };

function judge(changes: Partial<Submission>, rules = rulesFor('scrypt', EASY)) {
  const verdict = judgeShare(rules, extranonce1, { ...good, ...changes });
  return verdict.accepted ? 'accepted' : `${verdict.code} ${verdict.reason}`;
}

/** Tries nonces until one is accepted; at this difficulty the first or second is. */
function firstAccepted(rules: ReturnType<typeof rulesFor>): string {
  for (let nonce = 0; nonce < 100; nonce += 1) {
    const text = uint32Hex(nonce);
    if (judge({ nonce: text }, rules) === 'accepted') return text;
  }
  throw new Error('No nonce of 100 was a share.');
}

describe('a submission', () => {
  test('that meets the share target is accepted', () => {
    expect(firstAccepted(rulesFor('scrypt', EASY))).toMatch(/^0000/);
  });

  test.each([
    ['an unknown job', { jobId: 'no' }, '21 Job not found'],
    ['a short extranonce2', { extranonce2: '000000' }, '20 Incorrect size of extranonce2'],
    ['an extranonce2 that is not hex', { extranonce2: '0000000g' }, '20 Incorrect size of extranonce2'],
    ['a long ntime', { time: `${good.time}0` }, '20 Incorrect size of ntime'],
    ['an empty nonce', { nonce: '' }, '20 Incorrect size of nonce'],
    ['a time before the median of the chain', { time: uint32Hex(NOW - 1_001) }, '20 ntime out of range'],
    ['a time two hours ahead', { time: uint32Hex(NOW + 7_201) }, '20 ntime out of range'],
  ])('with %s is refused', (_, changes, expected) => {
    expect(judge(changes)).toBe(expected);
  });

  test('that was seen before is a duplicate, also in upper case', () => {
    const rules = rulesFor('scrypt', EASY);
    const nonce = firstAccepted(rules);
    expect(judge({ nonce }, rules)).toBe('22 Duplicate share');
    expect(judge({ nonce, time: good.time.toUpperCase() }, rules)).toBe('22 Duplicate share');
  });

  test('that repeats a share under the id of an identical job is a duplicate', () => {
    const rules = rulesFor('scrypt', EASY);
    const nonce = firstAccepted(rules);
    rules.jobs.add(jobNamed('2'));
    expect(judge({ nonce, jobId: '2' }, rules)).toBe('22 Duplicate share');
  });

  test('that misses the share target is of low difficulty, though regtest would take it as a block', () => {
    expect(judge({}, rulesFor('scrypt', 1e6))).toBe('23 Low difficulty share');
  });

  test('for work on an old tip is stale', () => {
    const rules = rulesFor('scrypt', EASY);
    rules.jobs.add(jobNamed('2', { previousblockhash: '11'.repeat(32) }));
    expect(judge({}, rules)).toBe('21 Stale share');
  });
});

describe('a block', () => {
  function isBlock(bits: string) {
    const rules = rulesFor('scrypt', EASY);
    rules.jobs.add(jobNamed('2', { bits }));
    for (let nonce = 0; nonce < 100; nonce += 1) {
      const verdict = judgeShare(rules, extranonce1, { ...good, jobId: '2', nonce: uint32Hex(nonce) });
      if (verdict.accepted) return verdict.isBlock;
    }
    throw new Error('No share.');
  }

  test('is a share that meets the target of the network too', () => {
    expect(isBlock('217fffff')).toBe(true);
    expect(isBlock('1d00ffff')).toBe(false);
  });
});

describe('the job book', () => {
  test('keeps work on the same tip alive, and tells when the tip is another, lower ones included', () => {
    const jobs = createJobBook();
    expect(jobs.add(jobNamed('1', { height: 500 }))).toBe(true);
    expect(jobs.add(jobNamed('2', { height: 500 }))).toBe(false);
    expect(jobs.find('1')).toMatchObject({ id: '1' });
    expect(jobs.add(jobNamed('3', { height: 102, previousblockhash: '22'.repeat(32) }))).toBe(true);
    expect(jobs.find('1')).toBe('stale');
    expect(jobs.current()?.id).toBe('3');
  });

  test('is bounded', () => {
    const jobs = createJobBook();
    for (let at = 0; at < 200; at += 1) jobs.add(jobNamed(`j${at}`));
    const found = Array.from({ length: 200 }, (_, at) => jobs.find(`j${at}`));
    expect(found.filter((job) => typeof job === 'object')).toHaveLength(16);
    expect(found.filter((job) => job === 'stale')).toHaveLength(64);
  });
});
