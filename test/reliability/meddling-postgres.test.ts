import { afterAll, beforeAll, describe, test } from 'vitest';
import { endings } from './support/endings.ts';
import { meddle, pauseQueues, type Scene, scene } from './support/meddling-test.ts';

describe('whoever has a broker on Postgres in hands', () => {
  const works = endings();
  let here: Scene;

  beforeAll(async () => {
    here = await scene(undefined, works);
  });
  afterAll(works.all);

  test('and forges, edits, promotes, retries or deletes jobs does no harm', () => meddle(here));

  test('and pauses its queues slows runs down, and no more', () => pauseQueues(here));
});
