import { expect, test } from 'vitest';
import { readMinerWords } from '../../../worker/components/minerd-log.ts';

/** What minerd says of shares with these verdicts, `+` or `-`. */
function said(verdicts: string): string {
  let accepted = 0;
  const lines = [...verdicts].map((verdict, index) => {
    if (verdict === '+') accepted++;
    const cheer = verdict === '+' ? 'yay!!!' : 'booooo';
    return `[2026-11-23 18:00:01] accepted: ${accepted}/${index + 1} (50.00%), 2.50 khash/s (${cheer})\n`;
  });
  return lines.join('');
}

test.each([
  ['', 0, 0],
  ['+', 1, 0],
  ['-', 0, 1],
  ['+-+-', 2, 2],
  ['----------++++++++++', 10, 0],
  ['++++++++++----------', 0, 10],
  ['------+++++', 5, 5],
])('of the shares %s the last ten count', (verdicts, accepted, rejected) => {
  expect(readMinerWords(said(verdicts)).recentShares).toEqual({ accepted, rejected });
});

test('the end of a long log counts from its second line on; a new start begins anew', () => {
  const end = said('++--').split('\n').slice(2).join('\n');
  expect(readMinerWords(end).recentShares).toEqual({ accepted: 0, rejected: 1 });
  expect(readMinerWords(said('--') + said('+-')).recentShares).toEqual({ accepted: 1, rejected: 3 });
});

test('all shares of its life are still counted', () => {
  expect(readMinerWords(said('-----++++++++++'))).toMatchObject({ acceptedShares: 10, rejectedShares: 5 });
});
