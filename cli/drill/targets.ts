import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../core/config.ts';
import { mayReset } from '../../core/environment.ts';
import type { TargetSource } from '../../drill/drill.ts';
import { createLab, endStack, removeLabs, stackIn } from '../../drill/lab.ts';
import type { FaultProxies } from '../../drill/proxy/control.ts';
import { createProxyLab } from '../../drill/proxy/lab.ts';
import { works } from '../../drill/restore.ts';
import { mountTmpfs } from '../../drill/small-disk.ts';
import type { Stack } from '../../worker/components/stack.ts';
import { markerOf } from '../../worker/components/stack.ts';
import { findMarked } from '../../worker/host/spawn.ts';
import { allMembers } from '../../worker/observe.ts';
import type { ApiAddress } from '../client/request.ts';
import { UsageError } from '../exit-codes.ts';
import { davylampOver } from './davylamp.ts';
import { notSetUp } from './not-set-up.ts';

const SETUP_MS = 300_000;
const READY_MS = 60_000;

/** The stacks that a drill breaks. */
export interface DrillTargets {
  /** What Davylamp must be allowed to look at. */
  roots: string[];
  /** Them as the engine takes them, once there is a Davylamp. */
  sources(api: ApiAddress, say: (text: string) => void): TargetSource[];
  /** Ends and removes what was made for the drill alone. */
  remove(): Promise<void>;
}

interface Built {
  stack: Stack;
  proxies: FaultProxies | null;
}

/** Practice stacks of the drill's own: an ordinary one, one with fault proxies in it, one on a disk of its own. */
export async function practiceTargets({ dataDir }: Config): Promise<DrillTargets> {
  const labs = labsOf(dataDir);
  const built: Built[] = [
    { stack: await createLab(labs, 'lab', dataDir), proxies: null },
    await createProxyLab(labs, 'proxied', dataDir),
  ];
  // Where nothing can be mounted, as in most containers, its fault is not provoked.
  if ((await mountTmpfs(join(labs, 'small-disk'))) === null)
    built.push({ stack: await createLab(labs, 'small-disk', dataDir), proxies: null });
  return {
    roots: [labs],
    sources: (api, say) => built.map((part) => sourceOf(part, api, say, 'stop')),
    async remove() {
      for (const { stack } of built) await endStack(stack);
      await removeLabs(labs);
    },
  };
}

/** Where a drill makes its own stacks. */
export function labsOf(dataDir: string): string {
  return join(dataDir, 'labs');
}

/** The stack in a folder. @throws UsageError where it must not be broken. */
export async function targetAt(folder: string, { environmentFile, dataDir }: Config): Promise<DrillTargets> {
  const directory = await realpath(folder);
  const text = await readFile(join(directory, environmentFile), 'utf8');
  const stack = stackIn(directory, JSON.parse(text), dataDir);
  if (!mayReset(stack.environment))
    throw new UsageError('not-resettable', `The stack in ${directory} must not be broken.`, {
      nextStep: 'A drill needs "network": "regtest" and "resettable": true in its davy.json.',
    });
  const ran = await isRunning(stack);
  return {
    roots: [directory],
    sources: (api, say) => [sourceOf({ stack, proxies: null }, api, say, ran ? 'leave' : 'stop')],
    remove: async () => {},
  };
}

async function isRunning(stack: Stack): Promise<boolean> {
  const found = await Promise.all(allMembers(stack).map((member) => findMarked(markerOf(member))));
  return found.some((processes) => processes.length > 0);
}

function sourceOf(
  { stack, proxies }: Built,
  api: ApiAddress,
  say: (text: string) => void,
  atTheEnd: 'stop' | 'leave',
): TargetSource {
  const { name } = stack.environment;
  const davylamp = davylampOver(api, name, stack.directory);
  const target = { stack, davylamp, proxies };
  return {
    target,
    async open() {
      say(`Setting up ${name} in ${stack.directory} ...`);
      // What another Davylamp started writes where the drill does not read.
      if (atTheEnd === 'leave') await davylamp.run('mining-stack-stop', 'A drill begins', SETUP_MS);
      const run = await davylamp.run('mining-infrastructure-setup', 'A drill', SETUP_MS);
      if (run.status !== 'succeeded') throw notSetUp(stack, run);
      if (!(await works(target, READY_MS)))
        throw notSetUp(stack, run, `no block was mined within ${READY_MS / 1000} s although all of it runs`);
    },
    async close() {
      if (atTheEnd === 'stop') await davylamp.run('mining-stack-stop', 'The drill is over', SETUP_MS);
    },
  };
}
