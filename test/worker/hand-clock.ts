import type { Clock } from '../../worker/clock.ts';

/** A clock that stands still until it is told to go on. */
export function handClock(): Clock & { goTo(seconds: number): Promise<void> } {
  let nowMs = 0;
  const calls = new Map<() => void, number>();
  return {
    now: () => nowMs,
    after(ms, call) {
      const own = () => call();
      calls.set(own, nowMs + ms);
      return () => calls.delete(own);
    },
    async goTo(seconds) {
      for (;;) {
        const [next] = [...calls].sort(([, one], [, other]) => one - other);
        if (!next || next[1] > seconds * 1000) break;
        nowMs = Math.max(nowMs, next[1]);
        calls.delete(next[0]);
        next[0]();
        await new Promise(setImmediate);
      }
      nowMs = seconds * 1000;
    },
  };
}
