import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostNameFrom, loadConfig } from '../../cli/environment-variables.ts';
import { freePort } from '../support/litecoin.ts';
import { davy, ran } from './fixtures/davy.ts';
import { temporaryDirectory } from './fixtures/files.ts';

test('bad environment variables are listed all at once, and nothing is started', async () => {
  const variables = {
    DAVY_PORT: '70000',
    DAVY_BIND: 'everywhere',
    REDIS_URL: 'http://redis',
    DAVY_HOST: '-rf',
  };
  for (const command of ['up', 'api', 'worker', 'migrate', 'runs']) {
    const { code, stdout, stderr } = await ran([command], variables);
    expect({ command, code, stdout }).toEqual({ command, code: 3, stdout: '' });
    for (const name of Object.keys(variables)) expect(stderr).toContain(`  ${name}: `);
  }
});

test('a service that is run alone wants a database and says what to do', async () => {
  for (const command of ['api', 'worker', 'migrate']) {
    const { code, stderr } = await ran([command]);
    expect(code).toBe(3);
    expect(stderr).toBe(
      'davy: DATABASE_URL is not set.\nRun `davy up`, which brings its own Postgres, or set DATABASE_URL.\n',
    );
  }
});

test('wrong words end with 3 and a hint, help with 0', async () => {
  for (const argv of [['runn'], ['run'], ['status'], ['run', 'x', '--folow'], []]) {
    const { code, stderr } = await ran(argv);
    expect(code).toBe(3);
    expect(stderr).toMatch(/davy --help tells more|Usage: davy/);
  }
  const { code, stdout } = await ran(['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Exit codes: 0 succeeded');
  expect(stdout).not.toContain('supervised');
});

test('without a key a client says where it looked', async () => {
  const directory = await temporaryDirectory();
  const { code, stderr } = await ran(['runs'], { DAVY_DATA_DIR: directory });
  expect(code).toBe(3);
  expect(stderr).toContain(join(directory, 'api-key'));
  expect(stderr).toContain('Start `davy up` in this folder');
});

test('without an API a client says how to start one', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const { code, stderr } = await ran(['status', 'x'], { DAVY_API_KEY: 'k', DAVY_URL: url });
  expect(code).toBe(3);
  expect(stderr).toContain(`davy: The API at ${url} cannot be reached: connect ECONNREFUSED`);
  expect(stderr).toContain('Start it with `davy up`');
});

test('folders are absolute, and the name of the machine is made to fit', () => {
  const variables = { DAVY_DATA_DIR: 'data', DAVY_PIPELINES: '../mine', DAVY_SETTINGS: '/etc/davy.json' };
  expect(loadConfig(variables, '/srv/rig')).toMatchObject({
    dataDir: '/srv/rig/data',
    pipelinesDir: '/srv/mine',
    settingsFile: '/etc/davy.json',
    roots: ['/srv/rig'],
  });
  expect(['rig-1', '_müll eimer!', '', 'x'.repeat(99)].map(hostNameFrom)).toEqual([
    'rig-1',
    'm-ll-eimer-',
    'localhost',
    'x'.repeat(63),
  ]);
});

test('a command whose reader has gone ends without a word', async () => {
  const command = davy(['completion', 'zsh']);
  command.process.stdout?.destroy();
  expect(await command.exited).toEqual({ code: 0, signal: null });
  expect(command.stderr()).toBe('');
});
