import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { davy, ran } from './fixtures/davy.ts';
import { temporaryDirectory } from './fixtures/files.ts';
import { childOf, type RunningStack, runningStack } from './fixtures/stack.ts';
import { waitFor } from './fixtures/wait.ts';

const BIN = fileURLToPath(new URL('../../bin/davy.js', import.meta.url));
const TEST_TIMEOUT_MS = 180_000;
const CHECK = 'mining-health-check';
const SETUP = 'mining-infrastructure-setup';

/** `idle` works, as nothing of it should run; nothing but a person can mend `broken`. */
async function twoStacks(): Promise<RunningStack> {
  const directory = await temporaryDirectory();
  const pools = { idle: { kind: 'lab-pool' }, broken: { kind: 'unheard-of' } };
  for (const [name, pool] of Object.entries(pools)) {
    await mkdir(join(directory, name));
    const environment = { name, daemon: {}, pool, miners: [{ kind: 'lab-miner' }] };
    await writeFile(join(directory, name, 'davy.json'), JSON.stringify(environment));
  }
  return await runningStack({}, directory);
}

test('every command tells scripts by its code, and as JSON alone', { timeout: TEST_TIMEOUT_MS }, async () => {
  const stack = await twoStacks();
  const client = (...argv: string[]) => ran(argv, { DAVY_URL: stack.url }, stack.directory);
  const json = async (code: number, ...argv: string[]) => {
    const answer = await client(...argv, '--json');
    expect({ argv, code: answer.code, stderr: answer.stderr }).toEqual({ argv, code, stderr: '' });
    return JSON.parse(answer.stdout);
  };

  const succeeded = await client('run', CHECK, '--dir', 'idle', '--follow');
  expect(succeeded).toMatchObject({ code: 0, stdout: expect.stringContaining('succeeded: healthy') });
  const failed = await client('run', CHECK, '--dir', 'broken', '--follow');
  expect(failed.code).toBe(1);
  const escalated = await client('run', SETUP, '--dir', 'broken', '--follow');
  expect(escalated).toMatchObject({ code: 2, stderr: '' });
  expect(escalated.stdout).toMatch(/What to do: \S.*\n.*All that is known: davy report \S+\n/);

  const runs = await json(0, 'runs', '--status', 'escalated');
  expect(runs.items).toMatchObject([{ status: 'escalated', environment: 'broken' }]);
  const [{ id }] = runs.items;
  expect((await client('status', id)).stdout).toContain('escalated (needs a person)');
  expect(await json(2, 'status', id)).toMatchObject({ id, status: 'escalated' });

  const incidents = await json(0, 'incidents', '--environment', 'broken', '--status', 'escalated');
  const [incident] = incidents.items;
  expect(incident).toMatchObject({ runId: id, status: 'escalated' });
  expect((await client('incidents')).stdout).toContain(`${incident.id}  escalated`);
  expect((await client('report', incident.id)).stdout).toMatch(
    /^# broken on .+\n[\s\S]*## What to do\n\n1\. \S/,
  );
  expect(await json(0, 'report', incident.id)).toMatchObject({ incident: { id: incident.id } });

  expect(await json(0, 'run', CHECK, '--dir', 'idle')).toMatchObject({ status: expect.any(String) });
  expect(await json(0, 'resume', id)).toMatchObject({ id });
  expect(await json(0, 'reset', 'idle')).toMatchObject({ id: expect.any(String) });
  const { id: keyId } = await json(0, 'keys', 'create', 'ci', '--scope', 'read');
  expect(await json(0, 'keys', 'revoke', keyId)).toEqual({ id: keyId, revoked: true });
  expect((await json(0, 'drill', '--list')).items.length).toBeGreaterThan(20);

  const refusals: [string[], RegExp][] = [
    [['run', 'mining-helth-check', '--dir', 'idle'], /Did you mean mining-health-check\? There are: environ/],
    [['reset', 'idel'], /Did you mean idle\? There are: (broken, idle|idle, broken)\./],
    [['run', CHECK, '--dir', 'idle', '--host', 'elsewhere'], /There are: \S+\.\n$/],
    [['run', CHECK, '--dir', '/usr'], /DAVY_ROOTS/],
    [['run', CHECK], /davy\.json with at least/],
    [['status', id.replace(/.{8}$/, '00000000')], /`davy runs` lists the runs/],
    [['report', 'x'], /`davy incidents` lists the incidents/],
    [['keys', 'revoke', '0'.repeat(16)], /`davy keys list` shows the keys/],
    [['runs', '--status', 'over'], /Allowed choices are queued, running/],
    [['incident'], /Did you mean incidents\?/],
  ];
  for (const [argv, words] of refusals)
    expect({ argv, ...(await client(...argv)) }).toEqual({
      argv,
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(words),
    });
  const stranger = await ran(['runs'], { DAVY_URL: stack.url, DAVY_API_KEY: 'davy_x_y' }, stack.directory);
  expect(stranger).toMatchObject({ code: 3, stderr: expect.stringContaining('Check DAVY_API_KEY') });
});

test('a terminal gets a tree, and Ctrl-C leaves the run going', { timeout: TEST_TIMEOUT_MS }, async () => {
  const stack = await twoStacks();
  const worker = childOf(stack.pid, 'worker') ?? 0;
  process.kill(worker, 'SIGSTOP');
  const started = await ran(['run', CHECK, '--dir', 'idle'], { DAVY_URL: stack.url }, stack.directory);
  const [, id = ''] = /davy status (\S+) --follow/.exec(started.stdout) ?? [];

  const lines = davy(['status', id, '--follow'], { DAVY_URL: stack.url }, stack.directory);
  const tree = onTerminal(
    ['status', id, '--follow'],
    { DAVY_URL: stack.url, NO_COLOR: '1' },
    stack.directory,
  );
  const colored = onTerminal(['status', id, '--follow'], { DAVY_URL: stack.url }, stack.directory);
  await waitFor('the lines', 20_000, () => lines.stdout().includes('waits for the worker'));
  await waitFor('the tree', 20_000, () => tree.screen().includes('· check_health'));
  await waitFor('the colours', 20_000, () => colored.screen().includes('\u001b[1m'));
  expect(tree.screen()).toContain('Ctrl-C leaves; the run goes on.');
  expect(tree.screen()).not.toContain('\u001b[1m');

  lines.process.kill('SIGINT');
  expect(await lines.exited).toEqual({ code: 130, signal: null });
  expect(lines.stderr()).toBe(`The run goes on. Come back to it with: davy status ${id} --follow\n`);
  colored.type('\u0003');
  expect(await colored.exited).toBe(130);
  expect(colored.screen()).toContain(`Come back to it with: davy status ${id} --follow`);
  expect(colored.screen()).toContain('\u001b[?25h');

  process.kill(worker, 'SIGCONT');
  expect(await tree.exited).toBe(0);
  expect(tree.screen()).toMatch(/✔ check_health +healthy/);
  expect(tree.screen()).toContain('It did what it was asked for.');
});

/** Runs `davy` on a terminal of its own: script(1) has one for it. */
function onTerminal(argv: string[], variables: Record<string, string>, cwd: string) {
  const { PATH, HOME } = process.env;
  const words = [process.execPath, BIN, ...argv].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', words, '/dev/null'], {
    cwd,
    env: { PATH, HOME, TERM: 'xterm-256color', ...variables },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.on('data', (chunk) => {
    screen += chunk;
  });
  const exited = once(child, 'close').then(([code]) => code as number);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return { screen: () => screen, type: (text: string) => child.stdin.write(text), exited };
}
