import { ensureAdminKey } from '../api/admin-key.ts';
import { createApi } from '../api/app.ts';
import { serveApi } from '../api/http/server.ts';
import { PipelineLibrary } from '../api/runs/pipeline-library.ts';
import type { Config } from '../core/config.ts';
import type { Log } from '../core/log.ts';
import { openDatabase } from '../db/connection.ts';
import { keyFileOf } from './client/api-key.ts';
import type { ServiceConfig } from './environment-variables.ts';
import { shippedPath } from './places.ts';
import { failpointsIn } from './service/failpoints.ts';
import { openQueue } from './service/queue.ts';
import type { Service } from './service/service.ts';

/** What `davy api` runs. */
export async function openApi(config: ServiceConfig, log: Log): Promise<Service> {
  const database = openDatabase(config.databaseUrl);
  const [dispatcher, key] = await Promise.all([
    openQueue(config, log),
    ensureAdminKey({ database, file: keyFileOf(config.dataDir) }),
  ]);
  if (key.created) log('info', 'made an admin key', { file: keyFileOf(config.dataDir) });
  const pipelines = new PipelineLibrary(pipelineFolders(config));
  const { webhookAllowance, rateLimit } = config;
  const reach = failpointsIn(config.failpointsDir);
  const server = await serveApi(
    createApi({ database, dispatcher, pipelines, webhookAllowance, rateLimit, reach, log }),
    config,
  );
  log('info', 'listening', { url: server.url });
  return {
    url: server.url,
    async close() {
      await server.close();
      await Promise.all([dispatcher.close(), database.close()]);
    },
  };
}

/** The operator's own pipelines come last: they take the place of shipped ones. */
function pipelineFolders({ pipelinesDir }: Config): string[] {
  return [shippedPath('pipelines'), ...(pipelinesDir === null ? [] : [pipelinesDir])];
}
