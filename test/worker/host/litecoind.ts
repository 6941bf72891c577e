import { join } from 'node:path';
import { freePorts } from '../../../worker/host/port.ts';
import { type RpcEndpoint, rpcCall } from '../../../worker/host/rpc.ts';
import { type StartedProcess, startDetached } from '../../../worker/host/spawn.ts';
import { killMarkedAtEnd, temporaryFolder, until } from './support.ts';

export interface Litecoind extends StartedProcess {
  endpoint: RpcEndpoint & { username: string; password: string };
  chainFolder: string;
}

let counter = 0;

/** Starts a real daemon on regtest and does not wait for it. */
export async function launchLitecoind(options: readonly string[] = []): Promise<Litecoind> {
  const folder = temporaryFolder();
  const [rpcPort = 0, p2pPort = 0] = await freePorts(2);
  counter += 1;
  const marker = `litecoind-${process.pid}-${counter}`;
  killMarkedAtEnd(marker);
  const settings = ['-regtest', '-server', `-datadir=${folder}`, `-rpcport=${rpcPort}`, `-port=${p2pPort}`];
  const login = ['-rpcuser=davy', '-rpcpassword=lamp', '-bind=127.0.0.1', '-dnsseed=0', '-upnp=0'];
  const started = await startDetached({
    argv: ['litecoind', ...settings, ...login, ...options],
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', HOME: folder },
    marker,
    logFile: join(folder, 'out.log'),
    stdin: 'null',
  });
  const endpoint = { host: '127.0.0.1', port: rpcPort, username: 'davy', password: 'lamp' };
  return { ...started, endpoint, chainFolder: join(folder, 'regtest') };
}

/** Starts one and waits until it answers. */
export async function startLitecoind(options: readonly string[] = []): Promise<Litecoind> {
  const daemon = await launchLitecoind(options);
  await until('litecoind', async () => (await rpcCall(daemon.endpoint, 'getblockcount')) === 0);
  return daemon;
}
