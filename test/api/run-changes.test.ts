import { expect, test } from 'vitest';
import { runEventBlocks } from '../../api/events/blocks.ts';
import { type Follower, RunChanges } from '../../api/events/run-changes.ts';
import { awaitChange } from '../../api/runs/read-run.ts';
import { accept, claimed, type World, world } from '../db/fixtures/world.ts';
import { note } from '../support/note.ts';
import { driveRun } from './support/drive.ts';

const NEVER_MS = 600_000;

/** Those who wait here look again when they are told to, and never of themselves. */
class ToldOnly extends RunChanges {
  override follow(runId: string): Follower {
    const follower = super.follow(runId);
    return { ...follower, news: (_, signal) => follower.news(NEVER_MS, signal) };
  }
}

const listening = (here: World) =>
  expect
    .poll(
      async () =>
        await here.sql`select 1 from pg_stat_activity where query ilike 'listen%' and datname = current_database()`,
      { timeout: 10_000 },
    )
    .toHaveLength(1);

test('who waits for a run is told of its change, and does not find it by looking again', async () => {
  const here = await world();
  const id = await accept(here);
  const { signal } = new AbortController();
  const changes = new ToldOnly(here.database, () => {});
  const waiting = awaitChange(
    { database: here.database, changes, pollsMax: 1, signal },
    { id, known: undefined, waitMs: NEVER_MS },
  );
  await listening(here);
  await driveRun(here.database, id, [{ type: 'begun' }]);
  expect((await waiting).run).toMatchObject({ id, status: 'running' });
});

test('a stream is told of an event that is noted', async () => {
  const here = await world();
  const { id } = await claimed(here);
  const stop = new AbortController();
  const changes = new ToldOnly(here.database, () => {});
  const source = { database: here.database, follow: () => changes.follow(id), signal: stop.signal };
  const blocks = runEventBlocks(source, { runId: id, after: 0 });
  for (const expected of ['retry: ', 'stage_attempt_opened'])
    expect((await blocks.next()).value).toContain(expected);
  await listening(here);
  const next = blocks.next();
  await note(here.database, id, 'progress', { step: 7 });
  expect((await next).value).toContain('"step":7');
  stop.abort();
  expect((await blocks.next()).done).toBe(true);
});
