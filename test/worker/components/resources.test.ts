import { spawn } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { diagnoseResources } from '../../../core/diagnosis/resources.ts';
import { observeResources } from '../../../worker/components/resources.ts';
import { testStack } from './support/stack.ts';

const pool = { kind: 'process', command: ['true'] };

function fullest(paths: string[]): string | undefined {
  const free = (path: string) => statfsSync(path).bavail * statfsSync(path).bsize;
  return paths.sort((one, other) => free(one) - free(other))[0];
}

test('the fullest file system of all declared folders counts, and is named', async () => {
  // /proc holds nothing and has nothing free, wherever this runs.
  expect(fullest(['/proc', '/tmp'])).toBe('/proc');
  for (const parts of [
    { daemon: { dataDir: '/proc' }, pool },
    { daemon: { dataDir: 'daemon' }, pool: { ...pool, logFiles: ['/proc/pool.log'] } },
    { daemon: { dataDir: 'daemon' }, pool: { ...pool, directory: '/proc' } },
    { daemon: { dataDir: 'daemon' }, pool, miners: [{ kind: 'process', directory: '/proc/not/yet' }] },
  ]) {
    const { stack } = await testStack(parts);
    const facts = await observeResources(stack, Promise.resolve([]));
    expect(facts).toMatchObject({ diskFreeBytes: 0, diskFolder: expect.stringMatching(/^\/proc/) });
    expect(diagnoseResources(facts)).toMatchObject({
      failure: 'resource_exhausted',
      evidence: [expect.stringMatching(/^only 0 MB of disk are free at \/proc/)],
    });
  }
});

test('a folder that cannot be looked at hides none of the others', async () => {
  const { stack, at, write } = await testStack({ pool: { ...pool, directory: 'file/below' } });
  await write('file', 'not a folder');
  await mkdir(at('state'));
  expect((await observeResources(stack, Promise.resolve([]))).diskFolder).toBe(stack.directory);
});

test('the descriptors of each running component count against its own limit', async () => {
  const { stack } = await testStack({ pool });
  const script =
    'ulimit -Sn 12; exec 3</dev/null 4</dev/null 5</dev/null 6</dev/null 7</dev/null 8</dev/null 9</dev/null; echo ready; read end';
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const running = { state: 'running', pid: child.pid ?? 0, startedSecondsAgo: 0 } as const;
  const components = [
    { component: 'daemon', process: { state: 'down' as const, exit: null, crash: null } },
    { component: 'pool', process: running },
  ];
  const facts = await observeResources(stack, Promise.resolve(components));
  expect(facts.descriptorsOf).toBe('pool');
  expect(facts.descriptorsUsedRatio).toBeGreaterThan(0.8);
  expect(diagnoseResources({ ...facts, diskFreeBytes: 2e9, memoryUsedRatio: 0 })?.evidence).toEqual([
    expect.stringContaining('of the file descriptors of pool are in use'),
  ]);
});
