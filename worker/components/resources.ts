import { dirname } from 'node:path';
import type { ProcessFact, ResourceFacts } from '../../core/observation.ts';
import { withDeadline } from '../host/deadline.ts';
import { memoryLimit } from '../host/memory-limit.ts';
import { type DiskSpace, descriptors, diskFree, memory } from '../host/resources.ts';
import {
  daemonMember,
  type Member,
  minerMembers,
  outputFile,
  pathIn,
  pathOf,
  peerMembers,
  poolMember,
  type Stack,
} from './stack.ts';

/** What there is left on this host for a stack and its running components: of each resource the scarcest place. */
export async function observeResources(
  stack: Stack,
  components: Promise<readonly { component: string; process: ProcessFact }[]>,
): Promise<ResourceFacts> {
  const processes = components.then(withOurselves);
  const [disk, ram, handles] = await Promise.all([
    scarcestDisk(stack),
    processes.then(scarcestMemory),
    processes.then(scarcestDescriptors),
  ]);
  return { ...disk, ...ram, ...handles };
}

function withOurselves(components: readonly { component: string; process: ProcessFact }[]): Named[] {
  return [
    { name: 'Davylamp', pid: process.pid },
    ...components.flatMap(({ component, process }) =>
      process.state === 'down' ? [] : [{ name: component, pid: process.pid }],
    ),
  ];
}

/** A dead network file system answers nobody: it must not stop the looking. */
const STATFS_TIMEOUT_MS = 1_000;

async function scarcestDisk(stack: Stack): Promise<Pick<ResourceFacts, 'diskFreeBytes' | 'diskFolder'>> {
  const spaces = await Promise.all([...foldersOf(stack)].map(spaceAt));
  const [scarcest] = spaces
    .filter((space) => space !== null)
    .sort((one, other) => one.freeBytes - other.freeBytes);
  return scarcest
    ? { diskFreeBytes: scarcest.freeBytes, diskFolder: scarcest.folder }
    : { diskFreeBytes: Number.MAX_SAFE_INTEGER };
}

async function spaceAt(folder: string): Promise<(DiskSpace & { folder: string }) | null> {
  return await withDeadline(diskFree(folder), STATFS_TIMEOUT_MS, `the space at ${folder}`).then(
    (space) => ({ ...space, folder }),
    () => null,
  );
}

/** Every folder that `davy.json` lets a component write to, and ours. */
function foldersOf(stack: Stack): Set<string> {
  const daemons = [daemonMember(stack), ...peerMembers(stack)];
  const members: Member[] = [...daemons, poolMember(stack), ...minerMembers(stack)];
  return new Set([
    stack.directory,
    stack.stateDirectory,
    ...daemons.map(({ spec }) => pathIn(stack, spec.dataDir)),
    ...members.flatMap((member) => [
      pathIn(stack, member.spec.directory),
      dirname(outputFile(member)),
      ...member.spec.logFiles.map((file) => dirname(pathOf(member, file))),
    ]),
  ]);
}

interface Named {
  name: string;
  pid: number;
}

async function scarcestMemory(
  processes: readonly Named[],
): Promise<Pick<ResourceFacts, 'memoryUsedRatio' | 'memoryOf'>> {
  const [host, ...limits] = await Promise.all([memory(), ...processes.map(({ pid }) => memoryLimit(pid))]);
  const facts = { memoryUsedRatio: host.usedFraction };
  return limits.reduce<Pick<ResourceFacts, 'memoryUsedRatio' | 'memoryOf'>>((worst, limit, index) => {
    if (!limit || limit.usedFraction <= worst.memoryUsedRatio) return worst;
    return {
      memoryUsedRatio: limit.usedFraction,
      memoryOf: `${processes[index]?.name} (control group ${limit.group})`,
    };
  }, facts);
}

async function scarcestDescriptors(
  processes: readonly Named[],
): Promise<Pick<ResourceFacts, 'descriptorsUsedRatio' | 'descriptorsOf'>> {
  let worst: Pick<ResourceFacts, 'descriptorsUsedRatio' | 'descriptorsOf'> = { descriptorsUsedRatio: 0 };
  for (const { name, pid } of processes) {
    const counted = await descriptors(pid);
    const ratio = counted?.limit ? counted.open / counted.limit : 0;
    if (ratio > worst.descriptorsUsedRatio) worst = { descriptorsUsedRatio: ratio, descriptorsOf: name };
  }
  return worst;
}
