import { test } from 'vitest';
import { needs } from '../support/packages.ts';
import { killDuringSetup, SETUP_STAGES } from './support/lab-kills.ts';
import { ATTEMPT_POINTS, stagesWith } from './support/points.ts';

needs('litecoind').describe('a worker that is killed while it sets up a stack', () => {
  test.each(ATTEMPT_POINTS)(
    'starts nothing twice: at %s of every stage',
    async (point) => {
      await killDuringSetup(stagesWith(point, SETUP_STAGES).map((stageId) => `${point}@${stageId}`));
    },
    600_000,
  );
});
