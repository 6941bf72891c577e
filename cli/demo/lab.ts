import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endStack, makeLab } from '../../drill/lab.ts';
import { markerOf, poolMember, type Stack } from '../../worker/components/stack.ts';
import { waitUntil } from '../../worker/host/deadline.ts';
import { liveness } from '../../worker/host/process.ts';
import { findMarked } from '../../worker/host/spawn.ts';
import { signalGroup } from '../../worker/host/stop.ts';
import { allMembers } from '../../worker/observe.ts';

/** The ports of the specification's example; daemon and peer take whatever is free. */
export const STRATUM_PORT = 3333;
export const FALLBACK_PORTS = [13_333, 23_333];

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

/** Makes a lab in `parent`: nothing outside that folder is touched, and no stack that runs already. */
export async function createLab(parent: string, name: string, dataDir: string): Promise<Lab> {
  const folder = join(parent, `${name}-${Date.now().toString(36)}`);
  const ports = { stratum: STRATUM_PORT, stratumFallbacks: FALLBACK_PORTS };
  return labAt(await makeLab({ folder, name, dataDir, ports }));
}

function labAt(stack: Stack): Lab {
  return {
    directory: stack.directory,
    async killPool() {
      const [pool] = await findMarked(markerOf(poolMember(stack)));
      if (!pool) return null;
      await signalGroup(pool, 'SIGKILL');
      const gone = async () => !['running', 'stopped'].includes(await liveness(pool));
      await waitUntil(gone, { timeoutMs: 5_000, intervalMs: 5, what: 'the killed pool is gone' });
      return pool.pid;
    },
    async running() {
      const found = await Promise.all(
        allMembers(stack).map(async (member) =>
          (await findMarked(markerOf(member))).length > 0 ? [member.ref.name] : [],
        ),
      );
      return found.flat();
    },
    async remove() {
      await endStack(stack);
      await rm(stack.directory, { recursive: true, force: true });
    },
  };
}
