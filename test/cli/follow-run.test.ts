import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { davy, ran } from './fixtures/davy.ts';
import { temporaryDirectory } from './fixtures/files.ts';
import { childOf, type RunningStack, runningStack } from './fixtures/stack.ts';
import { waitFor } from './fixtures/wait.ts';

const TEST_TIMEOUT_MS = 180_000;
const CHECK = 'mining-health-check';
const UUID = '[0-9a-f-]{36}';
const TIME = '\\d\\d:\\d\\d:\\d\\d';

test('runs are started, followed and listed from a terminal', { timeout: TEST_TIMEOUT_MS }, async () => {
  const stack = await stackWithLab();
  const client = (...argv: string[]) => ran(argv, { DAVY_URL: stack.url }, stack.directory);

  const followed = await client('run', CHECK, '--dir', 'lab', '--prompt', 'Is all well?', '--follow');
  expect(followed).toMatchObject({ code: 0, stderr: '' });
  expect(followed.stdout).toMatch(
    new RegExp(
      `^run ${UUID}: ${CHECK} in lab on \\S+\n${TIME}  check_health begins\n` +
        `${TIME}  check_health succeeded: healthy \\(.+\\)\n${TIME}  succeeded: healthy \\(.+\\)\n$`,
    ),
  );

  const asJson = await client('run', CHECK, '--dir', join(stack.directory, 'lab'), '--follow', '--json');
  const states = asJson.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(states.at(-1)).toMatchObject({ status: 'succeeded', userPrompt: '', environment: 'lab' });

  const started = await client('run', CHECK, '--dir', 'lab');
  expect(started).toMatchObject({ code: 0, stdout: expect.stringContaining('davy status') });
  const [, id = ''] = /davy status (\S+) --follow/.exec(started.stdout) ?? [];
  expect((await client('status', id, '--follow')).stdout).toContain('succeeded: healthy');
  expect((await client('status', id)).stdout).toMatch(/^check_health {2}succeeded {2}1 {9}healthy$/m);

  const list = await client('runs', '--status', 'succeeded', 'failed', '--limit', '2');
  expect(list.stdout.trim().split('\n')).toHaveLength(3);
  expect(list.stdout).toContain(`${id}  succeeded  ${CHECK}  lab`);
  expect(JSON.parse((await client('runs', '--status', 'failed', '--json')).stdout)).toMatchObject({
    items: [],
  });

  const refused = await client('run', 'mining-helth-check', '--dir', 'lab');
  expect(refused).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('Did you mean mining-health-check?'),
  });
});

test('a follower outlives the API, and a failed run ends with 1', { timeout: TEST_TIMEOUT_MS }, async () => {
  const stack = await stackWithLab('unheard-of');
  const worker = childOf(stack.pid, 'worker') ?? 0;
  process.kill(worker, 'SIGSTOP');
  const follower = davy(['run', CHECK, '--dir', 'lab', '--follow'], { DAVY_URL: stack.url }, stack.directory);
  await waitFor('the run', 20_000, () => follower.stdout().includes(`${CHECK} in lab`));

  process.kill(childOf(stack.pid, 'api') ?? 0, 'SIGKILL');
  await waitFor('the remark', 20_000, () => follower.stdout().includes('waiting: The API at'));
  process.kill(worker, 'SIGCONT');
  expect(await follower.exited).toEqual({ code: 1, signal: null });
  expect(follower.stdout()).toMatch(/check_health succeeded: unhealthy: .*unheard-of/);
  expect(follower.stdout()).toMatch(/failed: .+\n$/);

  const [id = ''] = new RegExp(UUID).exec(follower.stdout()) ?? [];
  const client = (...argv: string[]) => ran(argv, { DAVY_URL: stack.url }, stack.directory);
  const resumed = await client('resume', id, '--follow');
  expect(resumed).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('check_health (attempt 2) succeeded: unhealthy'),
  });
  for (const [order, reason] of [
    ['cancel', 'nothing left to cancel'],
    ['retry-now', 'does not wait'],
  ] as const)
    expect(await client(order, id)).toMatchObject({ code: 3, stderr: expect.stringContaining(reason) });
});

/** A stack with a registered environment `lab` of which nothing was ever started. */
async function stackWithLab(poolKind = 'lab-pool'): Promise<RunningStack> {
  const directory = await temporaryDirectory();
  await mkdir(join(directory, 'lab'));
  const environment = {
    name: 'lab',
    daemon: {},
    pool: { kind: poolKind },
    miners: [{ kind: 'lab-miner' }],
  };
  await writeFile(join(directory, 'lab', 'davy.json'), JSON.stringify(environment));
  return await runningStack({}, directory);
}
