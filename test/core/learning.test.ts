import { describe, expect, test } from 'vitest';
import { inLearnedOrder, type RungRecord, rungName } from '../../core/learning.ts';
import type { Rung } from '../../core/strategy.ts';
import { planFor } from './fixtures/situation.ts';

const ladder = (): Rung[] => {
  const plan = planFor('pool', 'stale_work');
  return plan.kind === 'ladder' ? plan.rungs : [];
};
const WAIT = 'wait pool';
const RESTART = 'stop pool false, clear_stale_locks pool, start pool false, redirect_miners';
const names = (records: RungRecord[], rungs = ladder()) => inLearnedOrder(rungs, records).rungs.map(rungName);
const record = (rung: string, worked: number, failed: number): RungRecord => ({ rung, worked, failed });

describe('the order in which the rungs are tried', () => {
  test.each<[string, RungRecord[]]>([
    ['nothing is known', []],
    ['one outcome is chance', [record(WAIT, 0, 1), record(RESTART, 1, 0)]],
    ['what failed has no better one behind it', [record(WAIT, 0, 5)]],
    ['it helps more often than not', [record(WAIT, 3, 2), record(RESTART, 9, 0)]],
    ['the other one failed as well', [record(WAIT, 0, 2), record(RESTART, 2, 3)]],
  ])('is that of the strategy where %s', (_, records) => {
    expect(inLearnedOrder(ladder(), records)).toEqual({ rungs: ladder(), because: null });
  });

  test('has what mostly failed last, once another is known to help, and says why', () => {
    const records = [record(WAIT, 0, 2), record(RESTART, 2, 0)];
    expect(names(records)).toEqual([RESTART, RESTART, WAIT]);
    expect(inLearnedOrder(ladder(), records).because).toBe(
      `"${RESTART}" helped 2 times of 2 here; "${WAIT}" helped 0 times of 2 here`,
    );
  });

  test('loses no rung', () => {
    for (const records of [[], [record(WAIT, 0, 9), record(RESTART, 9, 0)]])
      expect(names(records).sort()).toEqual(ladder().map(rungName).sort());
  });

  test('keeps the alternative of a miner for the end', () => {
    const restart: Rung = { actions: [{ type: 'redirect_miners' }], verifySeconds: 1 };
    const last: Rung = { actions: [{ type: 'switch_miner', component: 'miner-1' }], verifySeconds: 1 };
    const records = [record('redirect_miners', 0, 9), record('switch_miner miner-1', 9, 0)];
    expect(names(records, [restart, last])).toEqual(['redirect_miners', 'switch_miner miner-1']);
  });
});
