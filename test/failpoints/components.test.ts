import { test } from 'vitest';
import { needs } from '../support/packages.ts';
import { killDuringSetup } from './support/lab-kills.ts';

const TIMEOUT_MS = 240_000;

/** Few in each run: the pause before a worker starts again doubles with every failure. */
needs('litecoind').describe('a worker that is killed while it sets up a stack', () => {
  test(
    'starts nothing twice that it had started and not yet recorded',
    () =>
      killDuringSetup([
        'act@start_daemon',
        'act@start_pool',
        'record@verify_pool_daemon',
        'act@configure_miner',
      ]),
    TIMEOUT_MS,
  );

  test(
    'starts nothing twice, wherever else it is killed',
    () =>
      killDuringSetup([
        'acknowledge@generate_configs',
        'claim@start_daemon',
        'enqueue@fund_wallet',
        'intent@start_pool',
      ]),
    TIMEOUT_MS,
  );
});
