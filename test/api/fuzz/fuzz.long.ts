import { expect, test } from 'vitest';
import { API_ROUTES } from '../../../api/contract/index.ts';
import { fuzz } from './fuzz.ts';

const seed = Number(process.env.DAVY_SEED ?? Date.now() % 2 ** 31);
const count = Number(process.env.DAVY_REQUESTS ?? 20_000);

test(`${count} requests made from the document (seed ${seed})`, async () => {
  const { statuses, reached } = await fuzz({ seed, count });
  console.log(`fuzz, seed ${seed}: ${JSON.stringify([...statuses].sort())}`);
  expect(API_ROUTES.filter((route) => !reached.has(route))).toEqual([]);
});
