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
