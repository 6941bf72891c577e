import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DavyError } from '../../core/errors.ts';
import { replaceFile } from '../../disk/replace-file.ts';
import { readIfPresent } from './files.ts';

export const HOST = '127.0.0.1';

/** Below the range from which Linux gives local ports to outgoing connections, which would take ours one day. */
const FIRST_PORT = 25_000;
const LAST_PORT = 32_000;
const MAX_TRIES = 100;

/**
 * The port of earlier starts while nobody else has it, else a free one, which is remembered from now on.
 * @throws DavyError `postgres-port` where a hundred ports were taken.
 */
export async function fixedPort(directory: string): Promise<{ port: number; takenPort: number | null }> {
  const path = join(directory, 'port');
  const remembered = parsePort(await readIfPresent(path));
  if (remembered !== null && (await isPortFree(remembered))) return { port: remembered, takenPort: null };
  const port = await freePort();
  await replaceFile(path, `${port}\n`, 0o644);
  return { port, takenPort: remembered };
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (await isPortFree(port)) return port;
  }
  throw new DavyError('postgres-port', `No free port between ${FIRST_PORT} and ${LAST_PORT} on ${HOST}.`, {
    component: 'postgres',
  });
}

function parsePort(text: string | undefined): number | null {
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}
