import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../db/connection.ts';
import { registerHost } from '../../db/environments.ts';
import { migrate } from '../../db/migrate.ts';
import { addEnvironment } from '../api/support/api.ts';
import { driveRun } from '../api/support/drive.ts';
import { EventReader } from '../support/event-stream.ts';
import { freePort } from '../support/litecoin.ts';
import { note } from '../support/note.ts';
import { freshDatabase } from '../support/postgres.ts';
import { davy } from './fixtures/davy.ts';
import { temporaryDirectory } from './fixtures/files.ts';
import { isReady } from './fixtures/stack.ts';
import { waitFor } from './fixtures/wait.ts';

const TIMEOUT_MS = 30_000;

test('a reader comes back to an API that was killed and misses nothing', { timeout: 90_000 }, async () => {
  const directory = await temporaryDirectory();
  const databaseUrl = await freshDatabase(migrate);
  const database = openDatabase(databaseUrl);
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  onTestFinished(async () => {
    await Promise.all([database.close(), sql.end({ timeout: 1 })]);
  });
  const url = `http://127.0.0.1:${await freePort()}`;
  const startApi = async () => {
    const api = davy(['api'], { DATABASE_URL: databaseUrl, DAVY_PORT: new URL(url).port }, directory);
    await waitFor('the API', TIMEOUT_MS, () => isReady(url));
    return api;
  };
  await registerHost(database, { name: 'rig-1', workerId: 'worker-1', roots: [directory] });
  await addEnvironment(database, { host: 'rig-1', name: 'lab', workingDirectory: directory });
  const first = await startApi();
  const key = readFileSync(join(directory, '.davy', 'api-key'), 'utf8').trim();
  const { id } = await submit(url, key, directory);

  const path = `${url}/v1/runs/${id}/events`;
  const before = await EventReader.open(path, { key });
  let step = 0;
  let isOver = false;
  const writing = (async () => {
    while (!isOver) await note(database, id, 'progress', { step: step++ });
  })();
  await waitFor('some events', TIMEOUT_MS, () => before.told.length > 50);
  first.process.kill('SIGKILL');
  expect(await before.ended).toBe('broken');
  await first.exited;
  await startApi();
  const after = await EventReader.open(path, { key, lastEventId: before.lastEventId });
  await waitFor('more events', TIMEOUT_MS, () => after.told.length > 50);
  isOver = true;
  await writing;
  await driveRun(database, id, [{ type: 'begun' }, { type: 'stage_decided', decision: 'healthy' }]);
  expect(await after.ended).toBe('ended');

  const heard = [before, after].flatMap((reader) => reader.told.map(({ data }) => Number(data.seq)));
  const rows = await sql<{ seq: string }[]>`select seq from events where run_id = ${id} order by seq`;
  expect(heard).toEqual(rows.map(({ seq }) => Number(seq)));
  expect(after.events.at(-1)).toMatchObject({ event: 'end', data: { status: 'succeeded' } });
});

async function submit(url: string, key: string, workingDirectory: string): Promise<{ id: string }> {
  const response = await fetch(`${url}/v1/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ pipelineName: 'mining-health-check', userPrompt: '', workingDirectory }),
  });
  expect(response.status).toBe(202);
  return (await response.json()) as { id: string };
}
