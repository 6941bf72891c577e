import { readFile } from 'node:fs/promises';
import { DavyError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { loadPipeline, type Pipeline } from '../core/pipeline.ts';
import { WATCH_PIPELINE } from '../core/recovery.ts';
import { openDatabase } from '../db/connection.ts';
import { startWorker } from '../worker/main.ts';
import type { ServiceConfig } from './environment-variables.ts';
import { shippedPath } from './places.ts';
import { failpointsIn } from './service/failpoints.ts';
import { openQueue } from './service/queue.ts';
import type { Service } from './service/service.ts';

/** What `davy worker` runs. */
export async function openWorker(config: ServiceConfig, log: Log): Promise<Service> {
  const database = openDatabase(config.databaseUrl);
  const dispatcher = await openQueue(config, log);
  const { host, roots, environmentFile, dataDir, webhookAllowance } = config;
  const settingsFile = config.settingsFile ?? shippedPath('agents/error_recovery_agent.json');
  const recoveryPipeline = await readShippedPipeline(WATCH_PIPELINE);
  const places = { host, roots, environmentFile, dataDir, settingsFile, recoveryPipeline, webhookAllowance };
  const running = await startWorker({
    database,
    dispatcher,
    ...places,
    leaseSeconds: config.leaseSeconds,
    reach: failpointsIn(config.failpointsDir),
    log,
  });
  return {
    url: null,
    async close() {
      await running.close();
      await dispatcher.close();
      await database.close();
    },
  };
}

async function readShippedPipeline(id: string): Promise<Pipeline> {
  const file = shippedPath(`pipelines/${id}.json`);
  const loaded = loadPipeline(JSON.parse(await readFile(file, 'utf8')));
  if (loaded.ok) return loaded.pipeline;
  throw new DavyError('bad_config', `${file} is broken: ${JSON.stringify(loaded.problems)}`, {
    nextStep: 'Put the shipped file back.',
  });
}
