import { expect, onTestFinished, test, vi } from 'vitest';
import { migrate } from '../../db/migrate.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { freshDatabase } from '../support/postgres.ts';
import { soon, startLight } from './support/light.ts';
import { STEPS } from './support/steps.ts';

/** Several processes start in each test, on machines that may be busy. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

/** What is promised of a run that was accepted, and whose call was lost: by the times that are stored. */
const CONTRACT_START_SECONDS = 5;

const stack = async () => await startLight({ databaseUrl: await freshDatabase(migrate) }, onTestFinished);

test('an API that is killed between the commit and the call: the run starts within 5 s', async () => {
  const light = await stack();
  await light.arm('commit', 'kill');
  await expect(light.post(STEPS)).rejects.toThrow();
  const [run] = await light.rows<{ id: string }>('select id from runs');
  await waitUntil(async () => (await light.ask('/healthz')).status === 200, soon('the API is back'));
  await light.untilSucceeded(run?.id ?? '');
  const [waited] = await light.rows<{ seconds: number }>(
    'select extract(epoch from started_at - created_at)::float8 as seconds from runs',
  );
  expect(waited?.seconds).toBeLessThan(CONTRACT_START_SECONDS);
  await light.expectEachOnce();
});

test('an API that is killed before its answer: repeated requests under the same key find the one run', async () => {
  const light = await stack();
  await light.arm('answer', 'kill');
  await expect(light.post(STEPS, { key: 'once' })).rejects.toThrow();
  await waitUntil(async () => (await light.ask('/healthz')).status === 200, soon('the API is back'));
  const answers = await Promise.all(Array.from({ length: 20 }, () => light.post(STEPS, { key: 'once' })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  const ids = new Set(answers.map(({ run }) => run.id));
  expect(ids.size).toBe(1);
  for (const id of ids) await light.untilSucceeded(id);
  expect(await light.rows('select count(*)::int as runs from runs')).toEqual([{ runs: 1 }]);
  await light.expectEachOnce();
});
