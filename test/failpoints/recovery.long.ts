import { expect, test } from 'vitest';
import { startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';
import { SETUP } from './support/lab-kills.ts';
import { ATTEMPT_POINTS } from './support/points.ts';
import { killDuringARunsRecovery, killDuringTheWatchsRecovery } from './support/recoveries.ts';

/** Few deaths of each component: more would be a crash loop. */
const DEATHS = [
  ['pool', 'claim'],
  ['daemon', 'intent'],
  ['miner-1', 'act'],
  ['pool', 'record'],
  ['daemon', 'enqueue'],
] as const;

needs('litecoind').describe('a worker that is killed while it repairs a stack', () => {
  test.each(ATTEMPT_POINTS)(
    'counts the attempts of a run once: at %s',
    async (point) => {
      await killDuringARunsRecovery([`${point}@recovery`]);
    },
    300_000,
  );

  test('finishes what the watch began, and begins nothing beside it', async () => {
    const davylamp = await startDavylamp({ failpoints: true });
    const run = await davylamp.untilFinished((await davylamp.post(SETUP)).id);
    expect(run).toMatchObject({ status: 'succeeded' });
    for (const [component, point] of DEATHS)
      await killDuringTheWatchsRecovery(davylamp, component, [`${point}@recovery`]);
  }, 900_000);
});
