import { expect, test } from 'vitest';
import { described, search } from './property.ts';

const seed = Number(process.env.DAVY_SEED ?? Date.now() % 2 ** 31);
const count = Number(process.env.DAVY_SIMULATIONS ?? 100_000);
const TOLD_EVERY = 5_000;

test(`${count} random schedules of faults break no rule, and all that was accepted ends (seed ${seed})`, async () => {
  const sums = { schedules: 0, runs: 0, effects: 0, longestDrainSeconds: 0 };
  const found = await search({
    seed,
    schedules: count,
    onOutcome({ runs, effects, drainedAfterMs }) {
      sums.schedules++;
      sums.runs += runs;
      sums.effects += effects;
      sums.longestDrainSeconds = Math.max(sums.longestDrainSeconds, drainedAfterMs / 1000);
      if (sums.schedules % TOLD_EVERY === 0) console.log(JSON.stringify({ seed, ...sums }));
    },
  });
  expect(found && described(found, seed)).toBeNull();
}, 7_200_000);
