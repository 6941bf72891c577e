import { execFileSync } from 'node:child_process';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { descriptors, diskFree, memory } from '../../../worker/host/resources.ts';
import { child, nextLine, pidOf, temporaryFolder } from './support.ts';

const MEBIBYTE = 1024 * 1024;

describe('diskFree', () => {
  it('agrees with df, for a folder that is still to be made too', async () => {
    const folder = temporaryFolder();
    const df = execFileSync('df', ['--output=avail,size', '--block-size=1', folder], { encoding: 'utf8' });
    const [free = 0, total = 0] = (df.split('\n')[1] ?? '').trim().split(/\s+/).map(Number);

    const space = await diskFree(folder);
    const later = await diskFree(join(folder, 'not', 'yet'));

    expect(space.totalBytes).toBe(total);
    expect(later.totalBytes).toBe(total);
    expect(Math.abs(space.freeBytes - free)).toBeLessThan(512 * MEBIBYTE);
  });
});

describe('memory', () => {
  it('agrees with the kernel', async () => {
    const { totalBytes, availableBytes, usedFraction } = await memory();
    expect(totalBytes).toBe(totalmem());
    expect(availableBytes).toBeGreaterThan(MEBIBYTE);
    expect(usedFraction).toBeCloseTo(1 - availableBytes / totalBytes);
  });
});

describe('descriptors', () => {
  it('counts open ones against the soft limit', async () => {
    const limited = child('sh', ['-c', 'ulimit -Sn 77; exec 8</dev/null 9</dev/null; echo ready; read end']);
    await nextLine(limited);
    const counted = await descriptors(pidOf(limited));
    expect(counted?.limit).toBe(77);
    expect(counted?.open).toBeGreaterThanOrEqual(5);
  });

  it('returns null for a process that is gone', async () => {
    expect(await descriptors(0x3f_ff_ff)).toBeNull();
  });
});
