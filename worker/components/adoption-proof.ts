import { resolve } from 'node:path';
import { lockHolders } from '../host/lock.ts';
import { carriesMarker } from '../host/marker.ts';
import { listeners } from '../host/port.ts';
import { identityOf, type ProcessIdentity } from '../host/process.ts';
import { descendsFrom, findRunning, isOfOurUser, type RunningCommand, runs } from '../host/running.ts';

/** How a process that somebody else started is proven to be a component. Never by its name alone. */
export interface AdoptionProof {
  /** Every process for which the whole proof holds; more than one is a doubt, and none of them is taken. */
  find(): Promise<ProcessIdentity[]>;
  /** Whether a process that was found is the component still: asked right before each signal. */
  holds(identity: ProcessIdentity): Promise<boolean>;
}

/**
 * A daemon is the process that holds a kernel lock of its data directory and listens on its RPC port: `.lock`, or
 * one of its databases', where somebody deleted the first.
 * While it ends it has closed the port and keeps the lock, which is proof enough for one that was found.
 */
export function daemonProof({
  locks,
  rpcPort,
}: {
  locks: readonly string[];
  rpcPort: number;
}): AdoptionProof {
  const holders = async () => new Set((await Promise.all(locks.map(lockHolders))).flat());
  const holds = async ({ pid }: ProcessIdentity) => (await holders()).has(pid);
  return {
    holds,
    async find() {
      const found: ProcessIdentity[] = [];
      for (const pid of await holders()) {
        const identity = pid > 1 ? identityOf(pid) : null;
        if (!identity || !isOfOurUser(identity) || (await carriesMarker(pid))) continue;
        const listens = (await listeners(rpcPort, pid)).some(({ owner }) => owner?.pid === pid);
        if (listens && (await holds(identity))) found.push(identity);
      }
      return found;
    },
  };
}

export interface CommandProofOptions extends RunningCommand {
  /** The pool's: it must be the candidate's own, unless `configFile` is among the candidate's arguments. */
  port?: number;
  configFile?: string;
}

/** Pools and miners are known by the very command that they would be started with, in the same folder. */
export function commandProof({ argv, cwd, port, configFile }: CommandProofOptions): AdoptionProof {
  const command = { argv, cwd };
  const named = configFile !== undefined && namesFile(command, configFile);
  return {
    holds: async (identity) => await runs(identity, command),
    async find() {
      const found = await findRunning(command);
      if (port === undefined || named || found.length === 0) return found;
      const owners = (await listeners(port)).map(({ owner }) => owner?.pid ?? 0);
      return found.filter(({ pid }) => owners.some((owner) => owner > 1 && descendsFrom(owner, pid)));
    },
  };
}

function namesFile({ argv, cwd }: RunningCommand, file: string): boolean {
  return argv.slice(1).some((word) => resolve(cwd, word.replace(/^--?[\w-]+=/, '')) === file);
}
