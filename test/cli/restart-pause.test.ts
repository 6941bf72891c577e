import { expect, test } from 'vitest';
import { failuresAfter, restartPauseMs } from '../../cli/stack/restart-pause.ts';

test('the pause grows from 0.1 s to 5 s', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 50].map(restartPauseMs)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('after 30 s of health the next failure is the first again', () => {
  expect(failuresAfter(6, 29_999)).toBe(7);
  expect(failuresAfter(6, 30_000)).toBe(1);
});
