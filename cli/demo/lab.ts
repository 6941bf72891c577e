import { mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, parseEnvironment } from '../../core/environment.ts';
import { labEnvironment } from '../../lab/environment.ts';
import { type Member, markerOf, poolMember, type Stack } from '../../worker/components/stack.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { freePorts } from '../../worker/host/port.ts';
import { identityOf, liveness, type ProcessIdentity } from '../../worker/host/process.ts';
import { findMarked } from '../../worker/host/spawn.ts';
import { signalGroup, stopProcess } from '../../worker/host/stop.ts';
import { allMembers } from '../../worker/observe.ts';

/** The ports of the specification's example; daemon and peer take whatever is free. */
export const STRATUM_PORT = 3333;
export const FALLBACK_PORTS = [13_333, 23_333];

const STOP_TIMES = { termMs: 5_000, killMs: 5_000 };

/** A practice stack in a new folder of its own. */
export interface Lab {
  directory: string;
  /** Kills the pool's process, as a crash would. Returns its pid, `null` where none runs. */
  killPool(): Promise<number | null>;
  /** The components that still run, by name. */
  running(): Promise<string[]>;
  /** Ends whatever is left of the stack and removes its folder. */
  remove(): Promise<void>;
}

/** Ends and removes what an earlier demo left behind when it was killed. */
export async function removeLabs(parent: string): Promise<void> {
  for (const entry of await readdir(parent, { withFileTypes: true }).catch(() => [])) {
    const directory = join(parent, entry.name);
    const text = await readFile(join(directory, 'davy.json'), 'utf8').catch(() => null);
    if (text !== null) await labAt(stackIn(directory, JSON.parse(text))).remove();
  }
}

/** Makes a lab in `parent`: nothing outside that folder is touched, and no stack that runs already. */
export async function createLab(parent: string, name: string): Promise<Lab> {
  const folder = join(parent, `${name}-${Date.now().toString(36)}`);
  await mkdir(folder, { recursive: true });
  const directory = await realpath(folder);
  const [rpc = 0, p2p = 0, peerRpc = 0, peerP2p = 0] = await freePorts(4);
  const ports = { rpc, p2p, peerRpc, peerP2p, stratum: STRATUM_PORT, stratumFallbacks: FALLBACK_PORTS };
  const document = labEnvironment(name, ports);
  await writeFile(join(directory, 'davy.json'), `${JSON.stringify(document, null, 2)}\n`);
  return labAt(stackIn(directory, document));
}

function stackIn(directory: string, document: unknown): Stack {
  return { environmentId: '', environment: checked(document), directory, stateDirectory: directory };
}

function checked(document: unknown): Environment {
  const parsed = parseEnvironment(document);
  if (!parsed.ok) throw new Error(`the lab's davy.json is invalid: ${JSON.stringify(parsed.problems)}`);
  return parsed.environment;
}

function labAt(stack: Stack): Lab {
  return {
    directory: stack.directory,
    async killPool() {
      const [pool] = await processesOf(poolMember(stack));
      if (!pool) return null;
      await signalGroup(pool, 'SIGKILL');
      const gone = async () => !['running', 'stopped'].includes(await liveness(pool));
      await waitUntil(gone, { timeoutMs: 5_000, intervalMs: 5, what: 'the killed pool is gone' });
      return pool.pid;
    },
    async running() {
      const found = await Promise.all(
        allMembers(stack).map(async (member) =>
          (await processesOf(member)).length > 0 ? [member.ref.name] : [],
        ),
      );
      return found.flat();
    },
    async remove() {
      for (const member of allMembers(stack).reverse())
        for (const left of await processesOf(member)) await stopProcess(left, STOP_TIMES);
      await rm(stack.directory, { recursive: true, force: true });
    },
  };
}

async function processesOf(member: Member): Promise<ProcessIdentity[]> {
  const marked = await findMarked(markerOf(member));
  return marked.filter(({ pid }) => identityOf(pid) !== null);
}
