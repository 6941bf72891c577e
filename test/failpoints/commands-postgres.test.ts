import { test } from 'vitest';
import { FIRST_STAGE, killAtEachPoint, MIDDLE_STAGE } from './support/command-kills.ts';

test(
  'with the queue on Postgres, a worker killed at any failpoint of a command stage repeats nothing',
  () => killAtEachPoint('Postgres', () => [FIRST_STAGE, MIDDLE_STAGE]),
  240_000,
);
