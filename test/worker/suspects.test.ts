import { describe, expect, test } from 'vitest';
import { openSuspects } from '../../worker/suspects.ts';
import { handClock } from './hand-clock.ts';

function suspects() {
  const clock = handClock();
  const called: string[] = [];
  return { clock, called, ...openSuspects(clock, (runId) => called.push(runId)) };
}

describe('runs that may be what ends their worker', () => {
  test('are let to work one after the other, each once its turn has come', () => {
    const { admits, over, called } = suspects();
    expect([admits('a'), admits('b'), admits('c'), admits('b')]).toEqual([true, false, false, false]);
    over('b');
    expect(called).toEqual([]);
    over('a');
    expect(called).toEqual(['b']);
    expect([admits('b'), admits('c')]).toEqual([true, false]);
    over('b');
    expect(called).toEqual(['b', 'c']);
  });

  test('make room for the next once they have done no harm for ten seconds', async () => {
    const { admits, called, clock } = suspects();
    admits('a');
    admits('b');
    await clock.goTo(9.9);
    expect(called).toEqual([]);
    await clock.goTo(10.1);
    expect(called).toEqual(['b']);
    expect(admits('b')).toBe(true);
  });

  test('that come again are the same ones', () => {
    const { admits } = suspects();
    expect([admits('a'), admits('a')]).toEqual([true, true]);
  });
});
