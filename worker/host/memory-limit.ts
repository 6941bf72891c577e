import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The memory of a control group that is not to have all of the host's. */
export interface MemoryLimit {
  /** As the kernel names it: `/system.slice/pool.service`. */
  group: string;
  limitBytes: number;
  /** What cannot be dropped at once: the cache of files that nobody uses is left out. */
  usedBytes: number;
  /** Between 0 and 1. */
  usedFraction: number;
}

interface Hierarchy {
  mountPoint: string;
  /** What of the hierarchy the mount shows: in a container often its own part alone. */
  root: string;
  files: typeof FILES.v1 | typeof FILES.v2;
}

/** Sources: the kernel's cgroup-v1/memory.rst and cgroup-v2.rst. */
const FILES = {
  v1: {
    limit: 'memory.limit_in_bytes',
    used: 'memory.usage_in_bytes',
    cache: /^total_inactive_file (\d+)$/m,
  },
  v2: { limit: 'memory.max', used: 'memory.current', cache: /^inactive_file (\d+)$/m },
} as const;

/** What v1 shows where there is no limit, and anything near it. */
const NO_LIMIT_BYTES = 2 ** 62;

/**
 * The limit that a process is nearest to, its own group's or that of one above; `null` where none is set.
 * @param proc where procfs is mounted
 */
export async function memoryLimit(pid: number, proc = '/proc'): Promise<MemoryLimit | null> {
  const [mounts, memberships] = await Promise.all([
    textOf(join(proc, 'self/mountinfo')),
    textOf(join(proc, String(pid), 'cgroup')),
  ]);
  const limits: MemoryLimit[] = [];
  for (const [hierarchy, group] of hierarchiesOf(mounts ?? '', memberships ?? ''))
    limits.push(...(await limitsAbove(hierarchy, group)));
  return limits.reduce<MemoryLimit | null>(
    (nearest, limit) => (nearest && nearest.usedFraction >= limit.usedFraction ? nearest : limit),
    null,
  );
}

/** Lines like `4:memory:/pool` (v1) and `0::/pool` (v2), each with its mount; source: cgroups(7). */
function hierarchiesOf(mounts: string, memberships: string): [Hierarchy, string][] {
  return memberships.split('\n').flatMap((line): [Hierarchy, string][] => {
    const [, controllers, ...rest] = line.split(':');
    const group = rest.join(':');
    // A group outside of our namespace of groups shows as `/../..`.
    if (controllers === undefined || group === '' || group.includes('/..')) return [];
    const files = controllers === '' ? FILES.v2 : FILES.v1;
    if (controllers !== '' && !controllers.split(',').includes('memory')) return [];
    const mount = mountOf(mounts, files === FILES.v2 ? 'cgroup2' : 'cgroup');
    return mount ? [[{ ...mount, files }, group]] : [];
  });
}

/** `31 23 0:28 root point options - type source superoptions`; source: proc_pid_mountinfo(5). */
function mountOf(mounts: string, type: 'cgroup' | 'cgroup2'): Omit<Hierarchy, 'files'> | null {
  for (const line of mounts.split('\n')) {
    const [place = '', kind = ''] = line.split(' - ');
    const [found, , options = ''] = kind.split(' ');
    const [, , , root = '/', mountPoint = ''] = place.split(' ');
    if (found !== type || (type === 'cgroup' && !options.split(',').includes('memory'))) continue;
    return { mountPoint, root };
  }
  return null;
}

async function limitsAbove({ mountPoint, root, files }: Hierarchy, group: string): Promise<MemoryLimit[]> {
  const inMount = root !== '/' && group.startsWith(root) ? group.slice(root.length) || '/' : group;
  const limits: MemoryLimit[] = [];
  for (let path = inMount; ; path = dirname(path)) {
    const limit = await limitAt(join(mountPoint, path), files);
    if (limit) limits.push({ group: path, ...limit });
    if (path === '/' || path === '.') return limits;
  }
}

async function limitAt(
  folder: string,
  files: Hierarchy['files'],
): Promise<Omit<MemoryLimit, 'group'> | null> {
  const [limit, used, stat] = await Promise.all([
    textOf(join(folder, files.limit)),
    textOf(join(folder, files.used)),
    textOf(join(folder, 'memory.stat')),
  ]);
  const limitBytes = Number(limit);
  // `max` is not a number: no limit. A group that may have nothing at all is no group for a stack.
  if (limit === null || used === null || !(limitBytes > 0) || limitBytes >= NO_LIMIT_BYTES) return null;
  const usedBytes = Math.max(0, Number(used) - Number(files.cache.exec(stat ?? '')?.[1] ?? 0));
  return { limitBytes, usedBytes, usedFraction: usedBytes / limitBytes };
}

async function textOf(path: string): Promise<string | null> {
  return await readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}
