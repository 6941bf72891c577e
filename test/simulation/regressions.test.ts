import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Schedule } from './schedule.ts';
import { simulate } from './simulate.ts';

const FOLDER = join(import.meta.dirname, 'regressions');

test.each(readdirSync(FOLDER))('%s breaks no rule any more', async (file) => {
  const schedule = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Schedule;
  const { broken, trace } = await simulate(schedule, { traced: true });
  expect(broken, trace.join('\n')).toBeNull();
});
