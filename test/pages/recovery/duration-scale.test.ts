import { expect, test } from 'vitest';
import { durationScale } from '../../../api/pages/recovery/plots/duration-scale.ts';

const words = (values: number[]) => durationScale(values, 100).ticks.map(({ word }) => word);

test('reaches from the round duration below to the one above', () => {
  expect(words([240, 1_300])).toEqual(['100 ms', '1 s', '10 s']);
  expect(words([4, 4])).toEqual(['1 ms', '10 ms']);
  expect(words([0, 90_000])).toEqual(['1 ms', '10 ms', '100 ms', '1 s', '10 s', '1 min', '10 min']);
  expect(words([10 ** 12]).at(-1)).toBe('1000 h');
});

test('draws longer ones higher, and nothing outside', () => {
  const scale = durationScale([5, 50_000], 100);
  expect([scale.y(1), scale.y(60_000)]).toEqual([100, 0]);
  expect(scale.y(1_000)).toBeLessThan(scale.y(100));
  expect([scale.y(0), scale.y(10 ** 9)]).toEqual([100, 0]);
});
