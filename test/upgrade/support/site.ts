import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { createDatabase } from '../../../db/embedded/databases.ts';
import { waitUntil } from '../../../worker/host/deadline.ts';
import { freePorts } from '../../../worker/host/port.ts';
import type { SeenRun } from '../../support/davylamp.ts';
import { writeEnvironment } from '../../support/marks.ts';
import { dropDatabase } from '../../support/postgres.ts';
import { GATED_PIPELINE, gatedPipeline } from './gates.ts';
import { type DavyProcess, migrateWith, startDavy } from './processes.ts';

/** One host with one environment, on which processes of any version can be started. */
export interface Site {
  databaseUrl: string;
  /** Of the environment. */
  directory: string;
  worker(checkout: string): DavyProcess;
  /** Resolves when it answers. */
  api(checkout: string): Promise<Api>;
}

export interface Api {
  post(): Promise<string>;
  read(id: string): Promise<SeenRun>;
  untilFinished(id: string): Promise<SeenRun>;
}

const READY_TIMEOUT_MS = 60_000;
const RUN_TIMEOUT_MS = 120_000;
const POLL_MS = 20;

/** A site whose database has the schema of that checkout. */
export async function openSite(checkout: string): Promise<Site> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'davy-upgrade-')));
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.log(`"${task.name}" failed; its files are in ${home}`);
    else await rm(home, { recursive: true, force: true });
  });
  const databaseUrl = await emptyDatabase();
  await migrateWith(checkout, databaseUrl);
  const directory = join(home, 'roots', 'stack');
  await writeEnvironment(directory, 'stack', await freePorts(3));
  for (const folder of ['pipelines', 'logs']) await mkdir(join(home, folder));
  await writeFile(join(home, 'pipelines', 'gated.json'), JSON.stringify(gatedPipeline()));
  const variables = {
    DATABASE_URL: databaseUrl,
    DAVY_HOST: 'rig-1',
    DAVY_DATA_DIR: join(home, 'data'),
    DAVY_ROOTS: join(home, 'roots'),
    DAVY_PIPELINES: join(home, 'pipelines'),
  };
  let started = 0;
  const logFile = (name: string) => join(home, 'logs', `${++started}-${name}.log`);
  return {
    databaseUrl,
    directory,
    worker: (from) => startDavy(from, 'worker', { variables, logFile: logFile('worker') }),
    async api(from) {
      const [port = 0] = await freePorts(1);
      const own = { ...variables, DAVY_PORT: `${port}` };
      const service = startDavy(from, 'api', { variables: own, logFile: logFile('api') });
      await service.untilItSays('listening');
      const apiKey = (await readFile(join(home, 'data', 'api-key'), 'utf8')).trim();
      return apiAt(`http://127.0.0.1:${port}`, apiKey, directory);
    },
  };
}

/** Without any schema, for the running test alone. */
async function emptyDatabase(): Promise<string> {
  const server = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  onTestFinished(() => dropDatabase(server, name));
  return await createDatabase(server, name);
}

function apiAt(url: string, apiKey: string, workingDirectory: string): Api {
  const call = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, url), {
      ...init,
      signal: AbortSignal.timeout(READY_TIMEOUT_MS),
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    });
  const read = async (id: string) => (await (await call(`/v1/runs/${id}`)).json()) as SeenRun;
  const accepted = async (): Promise<string | null> => {
    const body = JSON.stringify({ pipelineName: GATED_PIPELINE, userPrompt: 'a test', workingDirectory });
    const response = await call('/v1/runs', { method: 'POST', body });
    if (response.status === 202) return ((await response.json()) as SeenRun).id;
    if (response.status === 422) return null;
    throw new Error(`${response.status}: ${await response.text()}`);
  };
  return {
    read,
    // Until the worker has registered the environment, nobody knows where the run belongs.
    post: () =>
      waitUntil(accepted, { timeoutMs: READY_TIMEOUT_MS, intervalMs: POLL_MS, what: 'a run is accepted' }),
    untilFinished: (id) =>
      waitUntil(
        async () => {
          const run = await read(id);
          return ENDED.has(run.status) ? run : null;
        },
        { timeoutMs: RUN_TIMEOUT_MS, intervalMs: POLL_MS, what: `run ${id} ends` },
      ),
  };
}

const ENDED = new Set(['succeeded', 'failed', 'escalated', 'cancelled']);
