import { RESOURCE_LIMITS } from '../../../core/diagnosis/resources.ts';
import { defaultGateway, isUnderWindows } from '../../../worker/host/gateway.ts';
import { descriptors, diskFree, memory } from '../../../worker/host/resources.ts';
import type { DoctorContext } from '../checks.ts';
import { type Finding, ok, problem, warning } from '../finding.ts';

const NODE_MINIMUM = [20, 19] as const;
/** Components and their logs, sockets and block files. */
const DESCRIPTORS_MIN = 1_024;

/** Node, disk, memory, file descriptors, and whether this is a Linux of Windows. */
export async function lookAtMachine({ config }: DoctorContext): Promise<Finding[]> {
  return [
    node(process.versions.node),
    await disk(config.dataDir),
    await ram(),
    await openFiles(),
    await windows(),
  ];
}

export function node(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major > NODE_MINIMUM[0] || (major === NODE_MINIMUM[0] && minor >= NODE_MINIMUM[1]);
  if (fits) return ok('node', version);
  return problem('node', `${version} is too old`, `Install Node ${NODE_MINIMUM.join('.')} or newer.`);
}

async function disk(folder: string): Promise<Finding> {
  const { freeBytes } = await diskFree(folder);
  const fact = `${size(freeBytes)} are free at ${folder}`;
  if (freeBytes >= RESOURCE_LIMITS.diskFreeBytes) return ok('disk', fact);
  return problem(
    'disk',
    fact,
    `Make room: below ${size(RESOURCE_LIMITS.diskFreeBytes)} nothing is repaired.`,
  );
}

async function ram(): Promise<Finding> {
  const { totalBytes, availableBytes, usedFraction } = await memory();
  const fact = `${size(availableBytes)} of ${size(totalBytes)} are available`;
  if (usedFraction <= RESOURCE_LIMITS.memoryUsedRatio) return ok('memory', fact);
  return problem('memory', fact, 'End what uses it, or add some: when it is short, nothing is repaired.');
}

async function openFiles(): Promise<Finding> {
  const counted = await descriptors(process.pid);
  if (counted === null) return warning('descriptors', 'not known', 'Look at `ulimit -n`.');
  const fact = `${Number.isFinite(counted.limit) ? counted.limit : 'any number of'} files may be open at once`;
  if (counted.limit >= DESCRIPTORS_MIN) return ok('descriptors', fact);
  return warning(
    'descriptors',
    fact,
    `Raise the limit: ulimit -n ${DESCRIPTORS_MIN}, or LimitNOFILE= of systemd.`,
  );
}

async function windows(): Promise<Finding> {
  if (!(await isUnderWindows())) return ok('wsl', 'this is no Linux under Windows');
  const gateway = await defaultGateway();
  if (gateway !== null)
    return ok('wsl', `under Windows; programs that end in .exe are reached at ${gateway}`);
  const mend =
    'Look at the network of WSL (`ip route`): a pool that ends in .exe cannot be reached without it.';
  return warning('wsl', 'under Windows, without a gateway', mend);
}

function size(bytes: number): string {
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}
