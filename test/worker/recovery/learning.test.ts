import { expect, test } from 'vitest';
import { down, stackWith } from '../../core/fixtures/observation.ts';
import { recoverSeeing } from './support.ts';

const rejected = stackWith({ miner: { recentShares: { accepted: 0, rejected: 10 } } });
const RESTART = 'stop miner-1 false, clear_stale_locks miner-1, redirect_miners, start miner-1 false';

test('what helped before is tried first, it is said why, and how it went is kept', async () => {
  const noted: Record<string, unknown>[] = [];
  const asked: string[] = [];
  const report = await recoverSeeing([rejected, stackWith()], {
    async experience(failure) {
      asked.push(failure);
      return [
        { rung: 'wait miner-1', worked: 0, failed: 3 },
        { rung: RESTART, worked: 3, failed: 0 },
      ];
    },
    async note(type, data) {
      if (type === 'strategy') noted.push(data);
    },
  });
  expect(asked).toEqual(['miner-1:high_rejects']);
  expect(report.rungs).toEqual([{ failure: 'miner-1:high_rejects', rung: RESTART, worked: true }]);
  expect(noted).toMatchObject([
    { rung: 1, of: 3, because: expect.stringContaining('helped 3 times of 3 here') },
  ]);
});

test('without experience the strategy decides; a ladder of equal rungs asks nobody', async () => {
  const first = await recoverSeeing([rejected, stackWith()]);
  expect(first.rungs).toEqual([{ failure: 'miner-1:high_rejects', rung: 'wait miner-1', worked: true }]);
  const second = await recoverSeeing([stackWith({ miner: down(1) }), stackWith()], {
    experience: async () => {
      throw new Error('asked');
    },
  });
  expect(second.rungs).toMatchObject([{ rung: RESTART, worked: true }]);
});
