import { test } from 'vitest';
import { redisMissing } from '../support/redis.ts';
import { COMMAND_STAGES, killAtEachPoint } from './support/command-kills.ts';
import { stagesWith } from './support/points.ts';

const TIMEOUT_MS = 1_200_000;

test(
  'with the queue on Postgres, a worker killed at any failpoint of any command stage repeats nothing',
  () => killAtEachPoint('Postgres', (point) => stagesWith(point, COMMAND_STAGES)),
  TIMEOUT_MS,
);

test.skipIf(redisMissing)(
  'with the queue on Redis, a worker killed at any failpoint of any command stage repeats nothing',
  () => killAtEachPoint('Redis', (point) => stagesWith(point, COMMAND_STAGES)),
  TIMEOUT_MS,
);
