import { expect, test } from 'vitest';
import { openWatch, type WatchOptions } from '../../../worker/watch.ts';

test('a look that hangs keeps the watch from no other stack, and is not begun again', async () => {
  const looks = { hung: 0, well: 0 };
  const options = {
    registry: { stacks: () => [{ environmentId: 'hung' }, { environmentId: 'well' }] },
  } as unknown as WatchOptions;
  const watch = openWatch(options, (id) => ({
    async turn() {
      looks[id as keyof typeof looks]++;
      if (id === 'hung') await new Promise(() => {});
    },
    wake() {},
    close() {},
  }));
  await expect
    .poll(async () => {
      void watch.turn();
      return looks.well;
    })
    .toBeGreaterThan(3);
  expect(looks.hung).toBe(1);
});
