import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../core/config.ts';

const DEFAULTS = { hostname: 'rig-1', workingDirectory: '/srv/mining' };
const parse = (variables: Record<string, string | undefined>) => parseConfig(variables, DEFAULTS);
const configOf = (variables: Record<string, string | undefined>) => {
  const result = parse(variables);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
};
const pathsOf = (variables: Record<string, string | undefined>, defaults = DEFAULTS) => {
  const result = parseConfig(variables, defaults);
  return result.ok ? [] : result.problems.map(({ path }) => path);
};

test('an empty environment is enough', () => {
  expect(configOf({})).toEqual({
    port: 8420,
    bind: '127.0.0.1',
    dataDir: '.davy',
    host: 'rig-1',
    roots: ['/srv/mining'],
    environmentFile: 'davy.json',
    pipelinesDir: null,
    settingsFile: null,
    apiKey: null,
    url: 'http://127.0.0.1:8420',
    webhookAllowance: { hosts: [], ranges: [] },
    leaseSeconds: 60,
    rateLimit: 1,
    failpointsDir: null,
    databaseUrl: null,
    redisUrl: null,
  });
});

test('an empty variable counts as unset, a foreign one is left alone', () => {
  expect(configOf({ DAVY_PORT: '', DATABASE_URL: '', DAVY_HOST: undefined, PATH: '/bin' })).toEqual(
    configOf({}),
  );
});

test('what is set is taken', () => {
  const config = configOf({
    DAVY_PORT: '9000',
    DAVY_BIND: '::1',
    DAVY_DATA_DIR: '/var/lib/davy',
    DAVY_HOST: 'Rig_2.lan',
    DAVY_ROOTS: '/srv/a::/srv/b',
    DAVY_ENVIRONMENT: 'stack.json',
    DAVY_PIPELINES: '/etc/davy/pipelines',
    DAVY_SETTINGS: '/etc/davy/settings.json',
    DAVY_API_KEY: 'davy_x_y',
    DATABASE_URL: 'postgresql://u:p@db:5432/davy?sslmode=require',
    REDIS_URL: 'rediss://cache:6380/1',
  });
  expect(config).toMatchObject({
    port: 9000,
    url: 'http://[::1]:9000',
    host: 'Rig_2.lan',
    roots: ['/srv/a', '/srv/b'],
    environmentFile: 'stack.json',
    databaseUrl: 'postgresql://u:p@db:5432/davy?sslmode=require',
    redisUrl: 'rediss://cache:6380/1',
  });
  expect(configOf({ DAVY_URL: 'https://davy.example', DAVY_PORT: '0' })).toMatchObject({
    url: 'https://davy.example',
    port: 0,
  });
});

describe('what will not do', () => {
  test.each([
    ['DAVY_PORT', ['65536', '-1', '3333;id', '0x50', ' 80', '8e3', '100000']],
    ['DAVY_BIND', ['example.com', '256.0.0.1', '127.0.0.1:80', '*']],
    ['DAVY_HOST', ['-rf', '.', 'a b', 'rig\n1', 'x'.repeat(64)]],
    ['DAVY_ROOTS', ['srv', '/srv:relative', '~/mining']],
    ['DAVY_ENVIRONMENT', ['../davy.json', '/etc/davy.json', 'davy.yaml']],
    ['DAVY_URL', ['davy', 'file:///etc/passwd', 'ftp://davy']],
    ['DATABASE_URL', ['localhost:5432', 'mysql://db/davy', 'http://db']],
    ['REDIS_URL', ['localhost', 'http://cache']],
  ])('%s', (name, values) => {
    for (const value of values) expect([value, pathsOf({ [name]: value })]).toEqual([value, [name]]);
  });

  test('is told all at once', () => {
    const bad = {
      DAVY_PORT: 'eighty',
      DAVY_BIND: 'here',
      DAVY_HOST: '-rf',
      DAVY_ROOTS: 'relative:/fine:also/relative',
      DAVY_ENVIRONMENT: 'a/b.json',
      DATABASE_URL: 'db',
      REDIS_URL: 'cache',
    };
    expect(pathsOf(bad).sort()).toEqual(['DAVY_ROOTS', ...Object.keys(bad)].sort());
  });

  test('a hostname that is no host name asks for DAVY_HOST, with the rest', () => {
    const defaults = { ...DEFAULTS, hostname: 'my rig' };
    expect(pathsOf({ DAVY_PORT: 'x' }, defaults).sort()).toEqual(['DAVY_HOST', 'DAVY_PORT']);
    expect(pathsOf({ DAVY_HOST: 'rig' }, defaults)).toEqual([]);
  });
});

test('the hosts and networks that webhooks may call are checked with the rest', () => {
  expect(configOf({ DAVY_WEBHOOK_ALLOW: 'hooks.lan, 10.0.0.0/8' }).webhookAllowance).toEqual({
    hosts: ['hooks.lan'],
    ranges: [{ base: [10, 0, 0, 0], bits: 8 }],
  });
  expect(pathsOf({ DAVY_WEBHOOK_ALLOW: '*.lan,10.0.0.0/99', DAVY_PORT: 'x' })).toEqual([
    'DAVY_PORT',
    'DAVY_WEBHOOK_ALLOW',
    'DAVY_WEBHOOK_ALLOW',
  ]);
});

test('a lease has its bounds, and failpoints an absolute folder', () => {
  expect(configOf({ DAVY_LEASE_SECONDS: '4', DAVY_FAILPOINTS: '/tmp/points' })).toMatchObject({
    leaseSeconds: 4,
    failpointsDir: '/tmp/points',
  });
  for (const variables of [
    { DAVY_LEASE_SECONDS: '3' },
    { DAVY_LEASE_SECONDS: '4000' },
    { DAVY_LEASE_SECONDS: '1e3' },
    { DAVY_FAILPOINTS: 'points' },
  ])
    expect(parseConfig(variables, { hostname: 'rig-1', workingDirectory: '/' })).toMatchObject({ ok: false });
});

test('limits of requests are a factor, or off', () => {
  const limitOf = (value: string) => configOf({ DAVY_RATE_LIMIT: value }).rateLimit;
  expect(['off', '1', '0.5', '20'].map(limitOf)).toEqual([null, 1, 0.5, 20]);
  for (const wrong of ['0', '-1', 'on', 'Infinity', '1e9', 'NaN', ' '])
    expect(`${wrong}: ${pathsOf({ DAVY_RATE_LIMIT: wrong })}`).toBe(`${wrong}: DAVY_RATE_LIMIT`);
});
