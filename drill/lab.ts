import { mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnvironment } from '../core/environment.ts';
import { DavyError } from '../core/errors.ts';
import { type LabPorts, labEnvironment } from '../lab/environment.ts';
import { markerOf, type Stack } from '../worker/components/stack.ts';
import { commandOnPath } from '../worker/host/packages.ts';
import { freePorts } from '../worker/host/port.ts';
import { findMarked } from '../worker/host/spawn.ts';
import { stopProcess } from '../worker/host/stop.ts';
import { allMembers } from '../worker/observe.ts';
import { labPoolConfig } from './pool-config.ts';
import { unmountTmpfs } from './small-disk.ts';

/** A stack as the worker of that data directory sees it. @throws DavyError where its davy.json is invalid. */
export function stackIn(directory: string, document: unknown, dataDir: string): Stack {
  const parsed = parseEnvironment(document);
  if (!parsed.ok)
    throw new DavyError(
      'bad_config',
      `${directory}/davy.json is invalid: ${JSON.stringify(parsed.problems)}`,
    );
  const { environment } = parsed;
  const stateDirectory = join(dataDir, 'environments', environment.name);
  return { environmentId: '', environment, directory, stateDirectory };
}

/** Makes a practice stack in a new folder below `parent`, on ports of its own. */
export async function createLab(parent: string, name: string, dataDir: string): Promise<Stack> {
  const stack = await makeLab({ folder: join(parent, name), name, dataDir });
  await writePoolConfig(stack.directory, stack.environment.pool.stratumPort);
  return stack;
}

export interface LabPlace {
  folder: string;
  name: string;
  dataDir: string;
  /** Which ports it takes; free ones where they are not given. */
  ports?: Partial<LabPorts>;
}

/** Makes a practice stack whose pool is configured by Davylamp alone. */
export async function makeLab({ folder, name, dataDir, ports }: LabPlace): Promise<Stack> {
  await mkdir(folder, { recursive: true });
  const directory = await realpath(folder);
  const [rpc = 0, p2p = 0, peerRpc = 0, peerP2p = 0, stratum = 0, second = 0, third = 0] = await freePorts(7);
  const free = { rpc, p2p, peerRpc, peerP2p, stratum, stratumFallbacks: [second, third] };
  const document = labEnvironment(name, { ...free, ...ports });
  await writeFile(join(directory, 'davy.json'), `${JSON.stringify(document, null, 2)}\n`);
  return stackIn(directory, document, dataDir);
}

/** What Davylamp finds as the operator's own and completes: it has shares come twice as often as usual. */
async function writePoolConfig(directory: string, port: number): Promise<void> {
  const scrypt = (await commandOnPath('bitcoind')) === null;
  const config = labPoolConfig({
    algorithm: scrypt ? 'scrypt' : 'sha256d',
    port,
    logFile: join(directory, 'pool', 'pool.log'),
    daemon: { host: '', port: 0, username: '', password: '' },
    address: '',
  });
  await mkdir(join(directory, 'pool'), { recursive: true });
  await writeFile(join(directory, 'pool', 'pool.json'), `${JSON.stringify(config, null, 2)}\n`, {
    mode: 0o600,
  });
}

/** Ends whatever is left of a stack. The components that it found alive. */
export async function endStack(stack: Stack): Promise<string[]> {
  const found: string[] = [];
  for (const member of allMembers(stack).reverse())
    for (const left of await findMarked(markerOf(member))) {
      found.push(member.ref.name);
      await stopProcess(left, { termMs: 5_000, killMs: 5_000 });
    }
  return found;
}

/** Ends and removes what an earlier drill or demo left behind when it was killed. */
export async function removeLabs(parent: string): Promise<void> {
  for (const entry of await readdir(parent, { withFileTypes: true }).catch(() => [])) {
    const directory = join(parent, entry.name);
    const text = await readFile(join(directory, 'davy.json'), 'utf8').catch(() => null);
    if (text !== null) await endStack(stackIn(directory, JSON.parse(text), parent));
    await unmountTmpfs(await realpath(directory));
    await rm(directory, { recursive: true, force: true });
  }
}
