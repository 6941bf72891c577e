import { expect, test } from 'vitest';
import { openRoots } from '../../worker/roots.ts';

const reading = (file: string) => ({ file, environment: null });

test('a root that hangs keeps nobody from the others, is looked at once at a time, and is taken up again', async () => {
  let answer = () => {};
  let looks = 0;
  const hung = async () => {
    looks++;
    if (looks === 2) await new Promise<void>((resolve) => (answer = resolve));
    return { real: '/mnt/far', readings: [reading('/mnt/far/davy.json')] };
  };
  const near = async () => ({ real: '/srv', readings: [reading('/srv/lab/davy.json')] });
  const told: string[] = [];
  const look = openRoots(['/mnt/link', '/srv'], (root) => (root === '/srv' ? near() : hung()), {
    tell: (message) => void told.push(message),
    rootMs: 100,
  });
  expect((await look()).readings.map(({ file }) => file)).toEqual([
    '/mnt/far/davy.json',
    '/srv/lab/davy.json',
  ]);
  for (const _ of [1, 2]) {
    const { roots, readings, isKnown } = await look();
    expect(readings.map(({ file }) => file)).toEqual(['/srv/lab/davy.json']);
    expect(roots).toEqual(['/mnt/far', '/srv']);
    expect([
      isKnown('/mnt/far'),
      isKnown('/mnt/far/lab'),
      isKnown('/mnt/farther'),
      isKnown('/srv/lab'),
    ]).toEqual([false, false, true, true]);
  }
  expect([looks, told.length]).toEqual([2, 2]);
  answer();
  await expect.poll(async () => (await look()).readings.length).toBe(2);
});
