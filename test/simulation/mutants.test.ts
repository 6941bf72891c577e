import { describe, expect, test } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { search } from './property.ts';

const seed = Number(process.env.DAVY_SEED ?? Date.now() % 2 ** 31);
const SCHEDULES_MAX = 4_000;

describe(`the simulation finds what is left out on purpose (seed ${seed})`, () => {
  test.each(Object.entries(MUTANTS))(
    '%s',
    async (name, { opening = [], ...sabotage }) => {
      const found = await search({ seed, schedules: SCHEDULES_MAX, sabotage, opening, shrinkMs: 0 });
      console.log(`${name}: after ${found?.after} schedules: ${found?.broken}`);
      expect(found).not.toBeNull();
    },
    120_000,
  );
});
