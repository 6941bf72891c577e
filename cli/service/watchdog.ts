import { Worker } from 'node:worker_threads';

const LIMIT_MS = 15_000;
const TICKS = 15;

/**
 * Counts its own ticks and not the clock: a process that was frozen as a whole (SIGSTOP, a sleeping laptop) wakes
 * up with the ticks that it had. Plain JavaScript in a string, because a thread has no TypeScript loader.
 */
const WATCHER = `
  const { workerData: { beats, tickMs, ticks } } = require('node:worker_threads');
  let seen = -1;
  let missed = 0;
  setInterval(() => {
    const beat = Atomics.load(beats, 0);
    missed = beat === seen ? missed + 1 : 0;
    seen = beat;
    if (missed < ticks) return;
    const line = { level: 60, time: new Date().toISOString(), pid: process.pid,
      msg: 'the event loop has been blocked for ' + (ticks * tickMs) / 1000 + ' s; ending this process' };
    try { require('node:fs').writeSync(2, JSON.stringify(line) + '\\n'); } catch {}
    process.kill(process.pid, 'SIGKILL');
  }, tickMs);
`;

/** Kills this process when its event loop has been blocked for `limitMs`: whoever started it starts it again. */
export function watchEventLoop(limitMs = LIMIT_MS): { close(): Promise<void> } {
  const tickMs = limitMs / TICKS;
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const heartbeat = setInterval(() => Atomics.add(beats, 0, 1), tickMs / 2).unref();
  const thread = new Worker(WATCHER, {
    eval: true,
    execArgv: [],
    workerData: { beats, tickMs, ticks: TICKS },
  });
  thread.unref();
  return {
    async close() {
      clearInterval(heartbeat);
      await thread.terminate();
    },
  };
}
