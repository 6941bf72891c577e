import { expect, test } from 'vitest';
import { startDavylamp } from '../support/davylamp.ts';
import { needs } from '../support/packages.ts';
import { SETUP } from './support/lab-kills.ts';
import { killDuringARunsRecovery, killDuringTheWatchsRecovery } from './support/recoveries.ts';

const TIMEOUT_MS = 240_000;

needs('litecoind').describe('a worker that is killed while it repairs a stack', () => {
  test(
    'counts the attempts of a run once',
    () => killDuringARunsRecovery(['claim@recovery', 'act@recovery', 'record@recovery']),
    TIMEOUT_MS,
  );

  test(
    'finishes what the watch began, and begins nothing beside it',
    async () => {
      const davylamp = await startDavylamp({ failpoints: true });
      const run = await davylamp.untilFinished((await davylamp.post(SETUP)).id);
      expect(run).toMatchObject({ status: 'succeeded' });
      await killDuringTheWatchsRecovery(davylamp, 'pool', ['intent@recovery', 'enqueue@recovery']);
    },
    TIMEOUT_MS,
  );
});
