import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../db/connection.ts';
import { migrate } from '../../db/migrate.ts';
import { acquireFence } from '../../worker/host/fence.ts';
import { startWorker, type WorkerOptions } from '../../worker/main.ts';
import { freshDatabase } from '../support/postgres.ts';

test('a worker that ends keeps its fences to the last: what it could not wait for may still act', async () => {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'davylamp-fence-')));
  const lab = join(home, 'lab');
  await mkdir(lab);
  await writeFile(join(lab, 'davy.json'), JSON.stringify({ name: 'lab', daemon: {}, pool: {} }));
  const database = openDatabase(await freshDatabase(migrate));
  onTestFinished(async () => {
    await database.close();
    await rm(home, { recursive: true, force: true });
  });
  const dataDir = join(home, 'data');
  const worker = await startWorker({
    database,
    dispatcher: { consume: () => ({ close: async () => {} }) },
    host: 'rig-1',
    roots: [lab],
    environmentFile: 'davy.json',
    dataDir,
    settingsFile: join(home, 'none.json'),
    leaseSeconds: 60,
    reach: () => {},
    log: () => {},
  } as unknown as WorkerOptions);
  await worker.close();
  for (const path of [lab, join(dataDir, 'environments', 'lab', 'worker.lock'), join(dataDir, 'rig-1.lock')])
    expect(await acquireFence(path), path).toBeNull();
});
