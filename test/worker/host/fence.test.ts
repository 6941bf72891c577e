import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../../worker/host/deadline.ts';
import { acquireFence, type Fence } from '../../../worker/host/fence.ts';
import { lockHolders } from '../../../worker/host/lock.ts';
import { fixture, nextLine, pidOf, temporaryFolder, until } from './support.ts';

function fenceFile(): string {
  return join(temporaryFolder(), 'worker.fence');
}

async function take(path: string): Promise<Fence> {
  const fence = await acquireFence(path);
  if (!fence) throw new Error(`the fence ${path} is taken`);
  return fence;
}

describe('acquireFence', () => {
  it('lets in one at a time, and the next after release', async () => {
    const path = fenceFile();
    const fence = await take(path);
    expect(await acquireFence(path)).toBeNull();

    await fence.release();
    await fence.release();

    const next = await take(path);
    await next.release();
    expect(existsSync(path)).toBe(true);
  });

  it('is freed by the kernel when its holder dies by kill -9', async () => {
    const path = fenceFile();
    const worker = fixture('hold-fence.ts', [path]);
    expect(await nextLine(worker)).toBe('held');
    expect(await acquireFence(path)).toBeNull();

    process.kill(pidOf(worker), 'SIGKILL');

    const fence = await until('the fence', () => acquireFence(path));
    await fence.release();
  });

  it('keeps a process alive just long enough to release it', async () => {
    const path = fenceFile();
    const worker = fixture('hold-fence.ts', [path]);
    await nextLine(worker);
    worker.stdin?.write('release\n');
    expect(await nextLine(worker)).toBe('released');
    await (await take(path)).release();
  });

  it('stays with a holder that is stopped', async () => {
    const path = fenceFile();
    const worker = fixture('hold-fence.ts', [path]);
    await nextLine(worker);
    process.kill(pidOf(worker), 'SIGSTOP');
    expect(await acquireFence(path)).toBeNull();
  });

  it('tells when it is lost, and not when it is released', async () => {
    const path = fenceFile();
    const released = await take(path);
    let isLost = false;
    released.lost.then(() => {
      isLost = true;
    });
    await released.release();

    const fence = await take(path);
    for (const pid of await lockHolders(path)) process.kill(pid, 'SIGKILL');
    await withDeadline(fence.lost, 2_000, 'the loss');
    expect(isLost).toBe(false);
    expect(await acquireFence(path).then((next) => next?.release())).toBeUndefined();
  });

  it('locks a folder as well, whatever its files are: all or nothing', async () => {
    const folder = temporaryFolder();
    const fence = await acquireFence(fenceFile(), folder);
    const file = fenceFile();
    expect(await acquireFence(file, folder)).toBeNull();
    await (await take(file)).release();
    expect(readdirSync(folder)).toEqual([]);
    await fence?.release();
    await (await take(folder)).release();
  });

  it('fails with the reason when the file cannot be made', async () => {
    await expect(acquireFence('/no/such/folder/fence')).rejects.toThrow(/cannot lock .*No such file/);
  });
});
