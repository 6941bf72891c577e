import { spawn } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { busyBetween, type Effort, type EffortWatch, watchEffort } from '../../../worker/host/effort.ts';

const effort = (at: number, cpuTicks: number, waiting: Effort['waiting'] = null): Effort => ({
  at,
  cpuTicks,
  waiting,
});

test.each([
  ['what idles', effort(0, 100), effort(500, 101), null],
  ['what works', effort(0, 100), effort(500, 140), 'it uses 80 % of a processor'],
  ['what flushes', effort(0, 100, 'disk'), effort(500, 101, 'disk'), 'it waits for the disk'],
  [
    'what finds no processor',
    effort(0, 100, 'processor'),
    effort(500, 101, 'processor'),
    'it waits for the processor',
  ],
  ['what wrote for a moment', effort(0, 100), effort(500, 101, 'disk'), null],
  ['what was stopped in its work', effort(0, 100), effort(500, 140, 'stopped'), null],
])('%s', (_, before, now, expected) => {
  expect(busyBetween(before, now)).toBe(expected);
});

test('what a wrapper started counts as its own work', async () => {
  const child = spawn('sh', ['-c', 'sh -c "while :; do :; done"; true'], { detached: true, stdio: 'ignore' });
  const { pid } = child;
  if (pid === undefined) throw new Error('it did not start');
  onTestFinished(() => void process.kill(-pid, 'SIGKILL'));
  let watch = watchEffort(() => pid, 0);
  const busy = await waitUntil(
    async () => {
      const seen = watch.end();
      watch = watchEffort(() => pid, 0);
      return seen;
    },
    { timeoutMs: 15_000, intervalMs: 200, what: 'it is seen at work' },
  );
  watch.end();
  expect(busy).toContain('processor');
});

test('what sleeps is at nothing, what is gone as well, and an early end looks at nothing', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  for (const pid of [child.pid ?? null, 4_194_305, null]) {
    const watch = await new Promise<EffortWatch>((resolve) => {
      const opened = watchEffort(() => {
        queueMicrotask(() => resolve(opened));
        return pid;
      }, 0);
    });
    expect(watch.end()).toBeNull();
  }
  expect(watchEffort(() => expect.unreachable('it was asked'), 60_000).end()).toBeNull();
});
