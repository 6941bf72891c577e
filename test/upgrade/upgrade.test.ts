import { describe, expect, test } from 'vitest';
import type { SeenRun } from '../support/davylamp.ts';
import { readMarks } from '../support/marks.ts';
import { closeGates, GATED_STAGES, openGates, timesMarked, untilBegun } from './support/gates.ts';
import { checkoutOf, NEW_CHECKOUT, previousVersion } from './support/previous-version.ts';
import { migrateWith } from './support/processes.ts';
import { openSite } from './support/site.ts';

const WAITS = 'another worker acts on this environment';
const TAKES = 'environment taken';

const previous = previousVersion();
const missing = 'missing' in previous ? previous.missing : null;
const title = 'an upgrade with runs in flight';

describe.skipIf(missing !== null)(missing === null ? title : `${title} (${missing})`, () => {
  const commit = 'commit' in previous ? previous.commit : '';

  test('is a migration beside the old worker, a new worker that waits, and a way back', async () => {
    const old = await checkoutOf(commit);
    const site = await openSite(old);
    const { directory } = site;
    const oldWorker = site.worker(old);
    const oldApi = await site.api(old);
    const [inFlight, queued] = [await oldApi.post(), await oldApi.post()];
    await untilBegun(directory, 'first');

    await migrateWith(NEW_CHECKOUT, site.databaseUrl);
    const newWorker = site.worker(NEW_CHECKOUT);
    await newWorker.untilItSays(WAITS);
    await openGates(directory, 'first');
    await untilBegun(directory, 'second');
    const newApi = await site.api(NEW_CHECKOUT);
    const postedNew = await newApi.post();
    expect((await newApi.read(inFlight)).currentStage).toBe('second');
    expect(newWorker.says(TAKES)).toBe(false);

    const oldEnds = oldWorker.end('SIGTERM');
    await openGates(directory, 'second');
    expect(await oldEnds).toBe(0);
    await newWorker.untilItSays(TAKES);
    await openGates(directory, ...GATED_STAGES);
    for (const id of [inFlight, queued, postedNew]) {
      expectCountedOnce(await newApi.untilFinished(id));
      expectCountedOnce(await oldApi.read(id));
    }

    await closeGates(directory);
    const back = await oldApi.post();
    await untilBegun(directory, 'first', 4);
    const oldAgain = site.worker(old);
    await oldAgain.untilItSays(WAITS);
    await openGates(directory, 'first');
    await untilBegun(directory, 'second', 4);
    const newEnds = newWorker.end('SIGTERM');
    await openGates(directory, 'second');
    expect(await newEnds).toBe(0);
    await oldAgain.untilItSays(TAKES);
    await openGates(directory, ...GATED_STAGES);
    expectCountedOnce(await oldApi.untilFinished(back));
    for (const stage of GATED_STAGES) {
      expect([stage, await timesMarked(directory, 'begin', stage)]).toEqual([stage, 4]);
      expect([stage, await timesMarked(directory, 'end', stage)]).toEqual([stage, 4]);
    }
  }, 300_000);

  test('survives the sudden death of the old worker', async () => {
    const old = await checkoutOf(commit);
    const site = await openSite(old);
    const { directory } = site;
    const oldWorker = site.worker(old);
    const api = await site.api(old);
    const [inFlight, queued] = [await api.post(), await api.post()];
    await openGates(directory, 'first');
    await untilBegun(directory, 'second');
    await migrateWith(NEW_CHECKOUT, site.databaseUrl);
    const newWorker = site.worker(NEW_CHECKOUT);
    await newWorker.untilItSays(WAITS);

    expect(await oldWorker.end('SIGKILL')).toBe('SIGKILL');
    await newWorker.untilItSays(TAKES);
    await openGates(directory, ...GATED_STAGES);
    for (const id of [inFlight, queued]) expectCountedOnce(await api.untilFinished(id));
    for (const stage of GATED_STAGES) {
      const repeats = stage === 'second' ? await repeatsOf(directory) : 0;
      expect([stage, await timesMarked(directory, 'begin', stage)]).toEqual([stage, 2 + repeats]);
    }
  }, 240_000);
});

function expectCountedOnce(run: SeenRun): void {
  expect(run, JSON.stringify(run.attempts)).toMatchObject({ status: 'succeeded', incidents: [] });
  const attempts = run.attempts.map(({ stageId, number, status }) => ({ stageId, number, status }));
  expect(attempts).toEqual(GATED_STAGES.map((stageId) => ({ stageId, number: 1, status: 'succeeded' })));
}

/** A version that does not tell its commands whose they are cannot find them again: what it began is repeated. */
async function repeatsOf(directory: string): Promise<number> {
  const [first] = await readMarks(directory);
  return first?.attemptId === '' ? 1 : 0;
}
