import { expect, test } from 'vitest';
import { timeAxis } from '../../../api/pages/incident/scale.ts';

const START = Date.UTC(2026, 0, 1, 3, 14, 7, 123);
const span = (from: number, to: number) => ({ from: START + from, to: START + to });

test('time is drawn to scale from the failure on, on round seconds', () => {
  const axis = timeAxis([span(0, 4), span(20, 1_020), span(1_020, 2_000)]);
  expect(axis.place(span(1_000, 2_000))).toEqual({ x: 50, width: 50 });
  expect(axis.ticks.map(({ word }) => word)).toEqual(['0', '500 ms', '1 s', '1.5 s', '2 s']);
  const long = timeAxis([span(0, 40), span(90_000, 120_000)]).ticks.map(({ word }) => word);
  expect(long).toEqual(['0', '30 s', '1 min', '1 min 30 s', '2 min']);
});

test('what is too short for a line is still there, also at the end', () => {
  const axis = timeAxis([span(0, 2), span(0, 3_600_000)]);
  expect(axis.place(span(0, 2)).width).toBeGreaterThan(0.2);
  const last = axis.place(span(3_599_999, 3_600_000));
  expect(last.x + last.width).toBeCloseTo(100);
  expect(() => timeAxis([span(0, 0)]).place(span(0, 0))).not.toThrow();
});
