import { expect, test } from 'vitest';
import { sharedLook } from '../../../worker/host/shared-look.ts';

/** Looks at a world that can change while it looks: it sees what was there when it began. */
function slowLooks() {
  const world = { value: 'before' };
  const looks: (() => void)[] = [];
  const look = sharedLook(async () => {
    const seen = world.value;
    await new Promise<void>((done) => looks.push(done));
    return seen;
  });
  return { world, look, looks };
}

test('who asks while a look is under way is not given what it began with', async () => {
  const { world, look, looks } = slowLooks();
  const first = look();
  world.value = 'after';
  const second = look();
  const third = look();
  looks[0]?.();
  expect(await first).toBe('before');
  await expect.poll(() => looks.length, { timeout: 10_000 }).toBe(2);
  looks[1]?.();
  expect(await Promise.all([second, third])).toEqual(['after', 'after']);
  expect(looks, 'the two that waited shared one look').toHaveLength(2);
});

test('a look that fails is told to those who shared it, and the next one is a new one', async () => {
  let fails = true;
  const look = sharedLook(async () => {
    if (fails) throw new Error('no');
    return 'yes';
  });
  const [one, other] = await Promise.allSettled([look(), look()]);
  expect([one?.status, other?.status]).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await look()).toBe('yes');
});
