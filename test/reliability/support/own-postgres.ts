import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../db/embedded/launcher.ts';
import { migrate } from '../../../db/migrate.ts';
import type { AtEnd } from './endings.ts';

/** A migrated Postgres of a test's own, which may be broken. */
export interface OwnPostgres {
  url: string;
  stop(): Promise<void>;
  /** SIGQUIT: no checkpoint, every session cut. */
  stopAtOnce(): Promise<void>;
  /** Again, on the same port and data. */
  start(): Promise<void>;
}

export async function ownPostgres(atEnd: AtEnd): Promise<OwnPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'davy-own-'));
  const launch = () => startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  let server: EmbeddedPostgres = await launch();
  atEnd(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  await migrate(server.url);
  const { url } = server;
  return {
    url,
    stop: () => server.stop(),
    async stopAtOnce() {
      process.kill(server.pid, 'SIGQUIT');
      await server.exited;
    },
    async start() {
      server = await launch();
      if (server.url !== url) throw new Error('Postgres moved to another port');
    },
  };
}
