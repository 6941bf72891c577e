import { expect, test } from 'vitest';
import { API_ROUTES } from '../../../api/contract/index.ts';
import { fuzz } from './fuzz.ts';

/** `DAVY_SEED=<seed> DAVY_REQUESTS=<count> npx vitest run test/api/fuzz` repeats a run. */
const seed = Number(process.env.DAVY_SEED ?? Date.now() % 2 ** 31);
const count = Number(process.env.DAVY_REQUESTS ?? 800);

test(`${count} requests made from the document get answers that it has, in time (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  const { statuses, reached } = await fuzz({ seed, count });
  const many = [...statuses].sort().map(([status, times]) => `${status}: ${times}`);
  console.log(
    `fuzz, seed ${seed}: ${many.join(', ')}; ${reached.size} of ${API_ROUTES.length} routes reached`,
  );
  expect(statuses.get(202) ?? 0, 'some of them start something').toBeGreaterThan(0);
  expect(reached.size).toBeGreaterThan(API_ROUTES.length / 2);
});
