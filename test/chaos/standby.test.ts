import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../db/migrate.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { startRig } from '../support/chaos/rig.ts';
import { freshDatabase } from '../support/postgres.ts';

const STAGES = 5;
const ENVIRONMENTS = 3;

test('a worker that waits for the end of another leaves the calls to it', async () => {
  const databaseUrl = await freshDatabase(migrate);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  onTestFinished(() => client.end());
  const rig = await startRig({
    address: () => ({ databaseUrl }),
    workersPerHost: 2,
    environmentsPerHost: ENVIRONMENTS,
    stages: STAGES,
  });
  await waitUntil(
    async () => (await rig.logs()).filter((line) => line.includes('worker ready')).length === 2,
    {
      timeoutMs: 30_000,
      intervalMs: 50,
      what: 'both workers are ready',
    },
  );
  for (const environment of rig.environments) await rig.post(environment, environment.directory);
  const ended = async () => {
    const { rows } = await client.query('select dispatch from runs where finished_at is not null');
    return rows.length === ENVIRONMENTS ? rows.map(({ dispatch }) => dispatch) : null;
  };
  const dispatches = await waitUntil(ended, { timeoutMs: 25_000, intervalMs: 50, what: 'the runs end' });
  // One call for each stage, and the number of the next: none had to be sent again.
  expect(dispatches).toEqual(Array(ENVIRONMENTS).fill(1 + STAGES));
}, 60_000);
