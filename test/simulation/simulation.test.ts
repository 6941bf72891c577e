import { expect, test } from 'vitest';
import { described, search } from './property.ts';

/** `DAVY_SEED=<seed> DAVY_SIMULATIONS=<count> npx vitest run test/simulation/simulation.test.ts` repeats a run. */
const seed = Number(process.env.DAVY_SEED ?? Date.now() % 2 ** 31);
const count = Number(process.env.DAVY_SIMULATIONS ?? 800);

test(`${count} random schedules of faults break no rule, and all that was accepted ends (seed ${seed})`, async () => {
  const found = await search({ seed, schedules: count });
  expect(found && described(found, seed)).toBeNull();
}, 180_000);
