import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryLimit } from '../../../worker/host/memory-limit.ts';
import { atEnd, child, isRoot, nextLine, pidOf, temporaryFolder, until } from './support.ts';

const MEBIBYTE = 1024 * 1024;

/** A procfs and control groups of version 2 as the kernel lays them out, in a folder. */
function versionTwo(group: string, root = '/') {
  const folder = temporaryFolder();
  const place = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const mount = `31 23 0:28 ${root} ${folder}/groups rw,relatime shared:9 - cgroup2 cgroup2 rw\n`;
  place('proc/self/mountinfo', `23 1 8:1 / / rw - ext4 /dev/sda1 rw\n${mount}`);
  place('proc/7/cgroup', `0::${group}\n`);
  const limited = (path: string, max: string, current: number, inactive = 0) => {
    place(`groups${path}/memory.max`, `${max}\n`);
    place(`groups${path}/memory.current`, `${current}\n`);
    place(`groups${path}/memory.stat`, `anon 5\ninactive_file ${inactive}\nactive_file 9\n`);
  };
  return { proc: join(folder, 'proc'), limited };
}

describe('memoryLimit', () => {
  it('reads version 2: the nearest limit of the group and of those above, without idle cache', async () => {
    const { proc, limited } = versionTwo('/mining.slice/pool.service');
    limited('/mining.slice/pool.service', 'max', 50);
    limited('/mining.slice', '1000', 950, 150);
    expect(await memoryLimit(7, proc)).toEqual({
      group: '/mining.slice',
      limitBytes: 1000,
      usedBytes: 800,
      usedFraction: 0.8,
    });
    limited('/mining.slice/pool.service', '100', 91);
    expect(await memoryLimit(7, proc)).toMatchObject({ group: '/mining.slice/pool.service' });
  });

  it('finds the group of a container, whose mount shows its own part alone', async () => {
    const { proc, limited } = versionTwo('/docker/abc/pool', '/docker/abc');
    limited('/pool', '100', 40);
    expect(await memoryLimit(7, proc)).toMatchObject({ group: '/pool', usedFraction: 0.4 });
    const own = versionTwo('/');
    own.limited('/', '200', 100);
    expect(await memoryLimit(7, own.proc)).toMatchObject({ group: '/', usedFraction: 0.5 });
  });

  it('knows no limit where none is set, nor of a process that is gone', async () => {
    const { proc, limited } = versionTwo('/a');
    limited('/a', 'max', 40);
    expect(await memoryLimit(7, proc)).toBeNull();
    expect(await memoryLimit(8, proc)).toBeNull();
  });

  const group = isRoot ? newGroup() : null;

  it.runIf(group)('agrees with the kernel about a real group of version 1', async () => {
    if (group === null) return;
    const limited = child('sh', ['-c', 'read go; head -c 24m /dev/zero | tail | { echo; read end; }']);
    writeFileSync(join(group, 'cgroup.procs'), String(pidOf(limited)));
    limited.stdin?.write('go\n');
    await nextLine(limited);
    const limit = await memoryLimit(pidOf(limited));
    expect(limit).toMatchObject({ limitBytes: 64 * MEBIBYTE });
    expect(limit?.usedBytes).toBeLessThan(64 * MEBIBYTE);
    expect(limit?.group).toContain('davy-test-');
    expect(readFileSync(`/proc/${pidOf(limited)}/cgroup`, 'utf8')).toContain(limit?.group ?? 'nothing');
  });
});

/** A control group of version 1 with 64 MiB; `null` where this host has none to give. */
function newGroup(): string | null {
  try {
    const path = mkdtempSync('/sys/fs/cgroup/memory/davy-test-');
    atEnd(() => until('the group is empty', () => isRemoved(path)));
    writeFileSync(join(path, 'memory.limit_in_bytes'), String(64 * MEBIBYTE));
    return path;
  } catch {
    return null;
  }
}

/** A process that was killed a moment ago may still be in its group. */
function isRemoved(path: string): boolean {
  rmdirSync(path);
  return true;
}
