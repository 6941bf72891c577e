import { readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { Finding } from '../../cli/doctor/finding.ts';
import { node } from '../../cli/doctor/look/machine.ts';
import { freePort } from '../support/litecoin.ts';
import { redisMissing, startRedis } from '../support/redis.ts';
import { ran } from './fixtures/davy.ts';
import { temporaryDirectory } from './fixtures/files.ts';
import { runningStack } from './fixtures/stack.ts';
import { waitFor } from './fixtures/wait.ts';

const TEST_TIMEOUT_MS = 120_000;

/** A stack of programs that every machine has. */
async function stackFolder(more: object = {}): Promise<string> {
  const directory = await temporaryDirectory();
  const environment = {
    name: 'rig',
    daemon: { dataDir: 'daemon', command: ['true'], rpcPort: await freePort(), p2pPort: await freePort() },
    pool: { kind: 'process', command: ['true'], stratumPort: await freePort(), fallbackPorts: [] },
    miners: [{ kind: 'process', command: ['true'] }],
    ...more,
  };
  await writeFile(join(directory, 'davy.json'), JSON.stringify(environment));
  return directory;
}

async function examined(directory: string, variables: Record<string, string> = {}) {
  const { code, stdout, stderr } = await ran(['doctor', '--json'], variables, directory);
  const { verdict, findings } = JSON.parse(stdout) as { verdict: string; findings: Finding[] };
  const about = (check: string) => findings.filter((finding) => finding.check === check);
  return { code, stderr, verdict, findings, about };
}

async function strangerOnPort(): Promise<number> {
  const server = createServer((_, response) => response.end('{"status": "ok"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('a machine that lacks nothing gets 0, and nothing is made on it', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const directory = await stackFolder();
  const port = `${await freePort()}`;
  const { code, stderr, verdict, findings, about } = await examined(directory, { DAVY_PORT: port });
  expect(findings.filter((finding) => finding.verdict !== 'ok')).toEqual([]);
  expect({ code, stderr, verdict }).toEqual({ code: 0, stderr: '', verdict: 'ok' });
  expect(about('postgres')).toMatchObject([{ fact: expect.stringContaining('can be started') }]);
  expect(about(`port ${port}`)).toMatchObject([{ fact: expect.stringContaining('free') }]);
  expect(about('data directory')).toMatchObject([{ fact: expect.stringContaining('can be made') }]);
  expect(about('rig: program true')).toHaveLength(1);

  expect(await readdir(directory)).toEqual(['davy.json']);

  const { stdout } = await ran(['doctor', '--dir', directory], { DAVY_PORT: port }, directory);
  expect(stdout).toMatch(/^ok {7}node: \d+/m);
  expect(stdout).toMatch(/\nAll is well\.\n$/);
});

test('each thing that is wrong is said at once, with how to mend it', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const port = await strangerOnPort();
  const directory = await stackFolder({
    pool: { kind: 'process', command: ['/nowhere/pool'], stratumPort: port, fallbackPorts: [] },
  });
  const { code, verdict, findings } = await examined(directory, {
    DAVY_PORT: `${port}`,
    DAVY_BIND: 'everywhere',
    DAVY_ROOT: '/srv',
    DATABASE_URL: 'postgres://davy:secret@127.0.0.1:1/davy',
    REDIS_URL: 'redis://:secret@127.0.0.1:1',
    DAVY_SETTINGS: 'davy.json',
  });
  expect({ code, verdict }).toEqual({ code: 1, verdict: 'problem' });
  const wrong = findings.filter((finding) => finding.verdict !== 'ok');
  expect(wrong.map(({ check, verdict }) => `${verdict} ${check}`)).toEqual([
    'problem DAVY_BIND',
    'warning DAVY_ROOT',
    'problem postgres',
    'problem queue',
    `problem port ${port}`,
    'problem rig: program /nowhere/pool',
    `problem rig: port ${port} of pool`,
  ]);
  for (const { mend } of wrong) expect(mend).toMatch(/\S/);
  expect(JSON.stringify(wrong)).toContain('Did you mean DAVY_ROOTS?');
  expect(JSON.stringify(findings)).not.toContain('secret');
});

test('a broken davy.json is told with its places; none at all with what to write', {
  timeout: TEST_TIMEOUT_MS,
}, async () => {
  const directory = await stackFolder({ pools: {} });
  expect((await examined(directory)).about(join(directory, 'davy.json'))).toMatchObject([
    { verdict: 'problem' },
  ]);
  const { code, about } = await examined(await temporaryDirectory());
  expect(code).toBe(0);
  expect(about('stack')).toMatchObject([{ verdict: 'warning', mend: expect.stringContaining('"miners"') }]);
});

test('a Postgres of the operator is looked at', { timeout: TEST_TIMEOUT_MS }, async () => {
  const { about } = await examined(await stackFolder(), { DATABASE_URL: inject('postgresUrl') });
  expect(about('postgres')).toMatchObject([{ verdict: 'ok', fact: expect.stringMatching(/^Postgres 18/) }]);
  expect(about('schema')).toMatchObject([
    { verdict: 'warning', mend: expect.stringContaining('davy migrate') },
  ]);
  expect(about('clocks')).toMatchObject([{ verdict: 'ok' }]);
});

test.skipIf(redisMissing)(
  'a Redis that throws jobs away is a problem',
  { timeout: TEST_TIMEOUT_MS },
  async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const directory = await stackFolder();
    const fit = await examined(directory, { REDIS_URL: redis.url });
    expect(fit.about('queue')).toMatchObject([{ verdict: 'ok', fact: expect.stringMatching(/^Redis \d/) }]);
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    const unfit = await examined(directory, { REDIS_URL: redis.url });
    expect(unfit.about('queue')).toMatchObject([
      { verdict: 'problem', fact: expect.stringContaining('noeviction') },
    ]);
  },
);

test('where Davylamp runs, it is asked', { timeout: TEST_TIMEOUT_MS }, async () => {
  const stack = await runningStack({}, await stackFolder());
  const here = { DAVY_URL: stack.url, DAVY_PORT: new URL(stack.url).port };
  await waitFor(
    'the environment',
    20_000,
    async () => (await examined(stack.directory, here)).about('environment rig').length === 1,
  );
  const { about } = await examined(stack.directory, here);
  for (const check of ['api', 'api key', 'worker']) expect(about(check)).toMatchObject([{ verdict: 'ok' }]);
  const keyless = await examined(stack.directory, { ...here, DAVY_API_KEY: 'davy_x_y' });
  expect(keyless.code).toBe(1);
  expect(keyless.about('api key')).toMatchObject([{ verdict: 'problem' }]);
});

test('an old Node is told which one is needed', () => {
  expect(['20.18.3', '20.19.0', '22.0.0', '18.20.1'].map((version) => node(version).verdict)).toEqual([
    'problem',
    'ok',
    'ok',
    'problem',
  ]);
});
