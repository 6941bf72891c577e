import { describe, expect, test } from 'vitest';
import { saveBegin, saveTransition } from '../../db/transitions.ts';
import { atRecovery, notHealed, rows } from './fixtures/course.ts';
import { claim, claimed, rowOf, world, written } from './fixtures/world.ts';

describe('the beginning of an attempt', () => {
  test('of a stage is written before anything is done, under the claim', async () => {
    const here = await world();
    const run = await claimed(here);
    expect(await saveBegin(here.database, written(run, { type: 'begun' }))).toBe(true);
    expect(await rowOf(here, run.id)).toMatchObject({
      status: 'running',
      owner: 'worker-1',
      dispatch: 1,
      claims: 1,
    });
    expect(await rows(here, 'stage_attempts')).toMatchObject([
      { status: 'running', started_at: expect.any(String), finished_at: null },
    ]);
  });

  test('is the first one, however often it begins', async () => {
    const here = await world();
    const run = await claimed(here);
    await saveBegin(here.database, written(run, { type: 'begun' }));
    const [before] = await rows(here, 'stage_attempts');
    await saveBegin(here.database, written(run, { type: 'begun' }));
    expect(await rows(here, 'stage_attempts')).toEqual([before]);
  });

  test('of a recovery ends its wait', async () => {
    const here = await world();
    const run = await atRecovery(here);
    await saveTransition(here.database, written(run, notHealed));
    await here.sql`update runs set next_attempt_at = now()`;
    const again = await claim(here, run.id);
    await saveBegin(here.database, written(again, { type: 'begun' }));
    expect(await rowOf(here, run.id)).toMatchObject({ status: 'recovering', next_attempt_at: null });
    expect((await rows(here, 'recovery_attempts')).map((row) => (row as { started_at: unknown }).started_at)) //
      .toContainEqual(expect.any(String));
  });
});
