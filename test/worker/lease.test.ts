import { describe, expect, test } from 'vitest';
import { keepLease } from '../../worker/lease.ts';
import { handClock } from './hand-clock.ts';

const LEASE_SECONDS = 60;

function lease(renew: (askedAtSeconds: number) => Promise<boolean>) {
  const clock = handClock();
  const stop = new AbortController();
  const asked: number[] = [];
  const letGo = keepLease({
    store: {
      leaseSeconds: LEASE_SECONDS,
      renew: (_runId, _epoch) => {
        asked.push(clock.now() / 1000);
        return renew(clock.now() / 1000);
      },
    },
    clock,
    log: () => {},
    runId: 'run',
    epoch: 1,
    stop,
  });
  return { clock, stop, asked, letGo };
}

const away = async (): Promise<boolean> => {
  throw new Error('the database is away');
};

describe('a lease', () => {
  test('is renewed four times in its time, until it is called off', async () => {
    const { clock, stop, asked, letGo } = lease(async () => true);
    await clock.goTo(61);
    expect(asked).toEqual([15, 30, 45, 60]);
    letGo();
    await clock.goTo(600);
    expect(asked).toHaveLength(4);
    expect(stop.signal.aborted).toBe(false);
  });

  test('that another has taken stops what is under way at once', async () => {
    const { clock, stop } = lease(async () => false);
    await clock.goTo(15);
    expect(stop.signal.reason.message).toBe('the claim was lost');
  });

  test('that cannot be renewed for half its time stops what is under way, and not before', async () => {
    const { clock, stop, asked } = lease((seconds) => (seconds < 40 ? Promise.resolve(true) : away()));
    await clock.goTo(59);
    expect(asked).toEqual([15, 30, 45, 48.75, 52.5, 56.25]);
    expect(stop.signal.aborted).toBe(false);
    await clock.goTo(61);
    expect(stop.signal.aborted).toBe(true);
  });

  test('whose renewal hangs is given up in time all the same', async () => {
    const { clock, stop } = lease(() => new Promise(() => {}));
    await clock.goTo(29);
    expect(stop.signal.aborted).toBe(false);
    await clock.goTo(30);
    expect(stop.signal.aborted).toBe(true);
  });

  test('is kept through an outage that is shorter', async () => {
    const { clock, stop } = lease((seconds) => (seconds === 15 ? away() : Promise.resolve(true)));
    await clock.goTo(300);
    expect(stop.signal.aborted).toBe(false);
  });
});
