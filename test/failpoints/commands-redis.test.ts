import { test } from 'vitest';
import { redisMissing } from '../support/redis.ts';
import { FIRST_STAGE, killAtEachPoint, MIDDLE_STAGE } from './support/command-kills.ts';
import { ATTEMPT_POINTS } from './support/points.ts';

test.skipIf(redisMissing)(
  'with the queue on Redis, a worker killed at any failpoint of a command stage repeats nothing',
  () =>
    killAtEachPoint('Redis', (point) => [
      ATTEMPT_POINTS.indexOf(point) % 2 === 0 ? FIRST_STAGE : MIDDLE_STAGE,
    ]),
  240_000,
);
