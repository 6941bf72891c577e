import { expect, test } from 'vitest';
import { recordCrash } from '../../../db/crashes.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { world } from '../../db/fixtures/world.ts';
import { recoverSeeing } from './support.ts';

const HOUR_MS = 3_600_000;

/** What a worker sees whose clock is that far from the database's: a pool that was killed a second ago. */
function killed(key: string, aheadMs: number) {
  const now = Date.now() + aheadMs;
  const exit = { exitCode: null, signal: 'SIGKILL', at: new Date(now - 1_000).toISOString() };
  const looks = stackWith({ pool: { process: { state: 'down', exit, crash: { key } } } });
  return { ...looks, at: new Date(now).toISOString() };
}

test.each([-HOUR_MS, HOUR_MS])(
  'the fourth crash goes to a person, though the clock of the worker is %d ms ahead of the database',
  async (aheadMs) => {
    const { database, environmentId } = await world();
    const crashes = async (key: string) => {
      const counts: number[] = [];
      const { outcome } = await recoverSeeing([killed(key, aheadMs), stackWith()], {
        recordCrash: async (crash) => {
          const count = await recordCrash(database, { ...crash, environmentId, windowMinutes: 10 });
          counts.push(count);
          return count;
        },
      });
      return { counts, outcome: outcome.kind };
    };
    for (const count of [1, 2, 3])
      expect(await crashes(`boot/${count}/1`)).toEqual({ counts: [count], outcome: 'healed' });
    expect(await crashes('boot/4/1')).toEqual({ counts: [4], outcome: 'hopeless' });
  },
);
