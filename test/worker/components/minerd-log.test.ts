import { expect, test } from 'vitest';
import { readMinerWords } from '../../../worker/components/minerd-log.ts';

const AUTH = '[2026-11-23 18:00:01] Stratum authentication failed';
const RETRY = '[2026-11-23 18:00:01] ...retry after 1 seconds';
const LOST = '[2026-11-23 18:00:01] Stratum connection interrupted';
const FAILED = '[2026-11-23 18:00:01] Stratum connection failed: Connection refused';
const JOB = '[2026-11-23 18:00:01] Stratum requested work restart';

test.each([
  ['a refused login is told by the line before the retry', [JOB, LOST, AUTH, RETRY], 'unauthorized'],
  ['and again', [AUTH, RETRY, AUTH, RETRY], 'unauthorized'],
  ['a pool that went away since then', [AUTH, RETRY, FAILED, RETRY], 'unreachable'],
  ['a retry that no line explains', [JOB, RETRY], 'unreachable'],
  ['work after a refused login', [AUTH, RETRY, JOB], 'working'],
  ['nothing yet', ['1 miner threads started'], 'unknown'],
])('%s', (_, lines, connection) => {
  expect(readMinerWords(lines.join('\n')).connection).toBe(connection);
});

/** As minerd 2.5.1 writes them, and cpuminer-multi. */
const THREADS = [
  '[2026-11-23 18:00:01] thread 1: 4096 hashes, 0.90 khash/s',
  '[2026-11-23 18:00:01] thread 0: 4096 hashes, 0.51 khash/s',
  '[2026-11-23 18:00:06] thread 1: 2550 hashes, 0.50 khash/s',
];
const MULTI = ['CPU #0: 4.10 kH/s', 'CPU #1: 1.00 MH/s'];

test.each([
  ['of no share, its threads tell the pace', THREADS, { acceptedShares: 0, hashrate: 1_010 }],
  ['of cpuminer-multi too', MULTI, { acceptedShares: 0, hashrate: 1_004_100 }],
  [
    'a share tells it of all of them',
    [...THREADS, 'accepted: 1/2 (50.00%), 1.20 khash/s (yay!!!)'],
    {
      acceptedShares: 1,
      rejectedShares: 1,
      hashrate: 1_200,
    },
  ],
  [
    'of cpuminer-multi',
    [...MULTI, 'accepted: 3/4 (diff 0.01), 5.1 kH/s yes!'],
    {
      acceptedShares: 3,
      rejectedShares: 1,
      hashrate: 5_100,
      connection: 'working',
    },
  ],
  ['without more words', ['accepted: 3/4'], { acceptedShares: 3, rejectedShares: 1, hashrate: null }],
])('%s', (_, lines, words) => {
  expect(readMinerWords(lines.join('\n'))).toMatchObject(words);
});
