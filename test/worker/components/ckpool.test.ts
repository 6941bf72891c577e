import { spawn } from 'node:child_process';
import { chmod, copyFile, readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ckpool } from '../../../worker/components/ckpool.ts';
import { poolMember } from '../../../worker/components/stack.ts';
import { clearStaleLocks } from '../../../worker/components/stale-locks.ts';
import { daemon, testStack } from './support/stack.ts';

/** Written after what is known of ckpool.conf: JSON without comments, with anything behind the object. */
const CONF = `{
"btcd" :  [
	{ "url" : "localhost:8332", "auth" : "old", "pass" : "old", "notify" : true },
	{ "url" : "backup:8332", "auth" : "user", "pass" : "pass", "notify" : false }
],
"btcaddress" : "",
"serverurl" : [
	"10.0.0.5:3333",
	"10.0.0.5:3334"
],
"mindiff" : 1,
"logdir" : "logs"
}
Comments from here on are ignored. "serverurl" : {
`;
const LEGACY = 'mxVFsFW5N4mu1HPkxPttorvocvzeZ7KZyk';

const settingUp = async (spec: object = {}) => {
  const made = await testStack({ pool: { kind: 'ckpool', ...spec } });
  return { ...made, pool: poolMember(made.stack) };
};

test('a missing configuration is made, and complete once it has its payout address', async () => {
  const { pool, read } = await settingUp({ stratumPort: 3401 });
  expect((await ckpool.configure(pool)).map(({ change }) => change)).toEqual(['created']);
  expect(await ckpool.port(pool)).toBe(3401);
  await expect(ckpool.start(pool, { reindex: false })).rejects.toThrow('btcaddress is not a base58 address');
  await ckpool.setPayoutAddress(pool, async () => LEGACY);
  expect(JSON.parse(await read('ckpool.conf'))).toMatchObject({
    btcd: [{ url: `127.0.0.1:${daemon.rpcPort}`, auth: daemon.username, pass: daemon.password }],
    btcaddress: LEGACY,
    serverurl: ['127.0.0.1:3401'],
  });
  expect(await ckpool.configure(pool)).toMatchObject([{ change: 'unchanged' }]);
});

test('in an existing one single values change, and every other byte stays', async () => {
  const { pool, read, write } = await settingUp();
  await write('ckpool.conf', CONF);
  expect(await ckpool.port(pool)).toBe(3333);
  expect((await ckpool.movePort(pool, 13_333)).keys).toEqual(['serverurl.0']);
  expect((await ckpool.alignCredentials(pool)).keys).toEqual(['btcd.0.url', 'btcd.0.auth', 'btcd.0.pass']);
  await ckpool.setPayoutAddress(pool, async () => LEGACY);
  await ckpool.setPayoutAddress(pool, async () => 'mNotThisOneAnyMore1111111111111111');
  expect(await read('ckpool.conf')).toBe(
    CONF.replace('10.0.0.5:3333', '10.0.0.5:13333')
      .replace('localhost:8332', `127.0.0.1:${daemon.rpcPort}`)
      .replace('"old"', `"${daemon.username}"`)
      .replace('"old"', `"${daemon.password}"`)
      .replace('"btcaddress" : ""', `"btcaddress" : "${LEGACY}"`),
  );
});

test('a single server address is moved in its place; one without a port gets one', async () => {
  const { pool, read, write } = await settingUp({ configFile: 'etc/pool.conf' });
  await write('etc/pool.conf', '{"serverurl": "0.0.0.0:3333"}');
  await ckpool.movePort(pool, 3344);
  expect(await read('etc/pool.conf')).toBe('{"serverurl": "0.0.0.0:3344"}');
  await write('etc/pool.conf', '{"btcaddress": "x"}');
  await ckpool.configure(pool);
  expect(await ckpool.port(pool)).toBe(3333);
  expect(JSON.parse(await read('etc/pool.conf')).serverurl).toEqual(['127.0.0.1:3333']);
});

test.each([
  ['{"btcaddress": "x",}', 'line 1 is not valid JSON'],
  ['// note\n{}', 'line 1 is not valid JSON'],
  ['[]', 'line 1 is not valid JSON'],
  [`{"serverurl": ["h:1"]}`, 'btcaddress is not a base58 address'],
  [`{"btcaddress": "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", "serverurl": ["h:1"]}`, 'base58'],
  [`{"btcaddress": "${LEGACY}"}`, 'serverurl names no port'],
])('it is not started with %j', async (text, reason) => {
  const { pool, write } = await settingUp({ command: ['sleep', '60'] });
  await write('ckpool.conf', text);
  await expect(ckpool.start(pool, { reindex: false })).rejects.toThrow(reason);
  expect((await ckpool.observe(pool)).process.state).toBe('down');
});

test('a configuration that cannot be read is what observation tells of a pool that is down', async () => {
  const { pool, write } = await settingUp({ stratumPort: 3402 });
  await write('ckpool.conf', '{ "btcd": [ }');
  const facts = await ckpool.observe(pool);
  expect(facts.startFailure).toMatchObject({ cause: 'bad_config' });
  expect(facts.stratumPort.port).toBe(3402);
});

test('the words of a failed start are understood', async () => {
  const { pool, write } = await settingUp({
    command: [
      'sh',
      '-c',
      'printf "| 0.00H/s  0 users\\r[2026-11-23] Quitting with errno 24: Too many open files" >&2; exit 139',
    ],
  });
  await write('ckpool.conf', `{"btcaddress": "${LEGACY}", "serverurl": ["127.0.0.1:3403"]}`);
  await ckpool.start(pool, { reindex: false });
  await expect
    .poll(async () => (await ckpool.observe(pool)).startFailure, { timeout: 5_000 })
    .toEqual({
      cause: 'resource_exhausted',
      line: '[2026-11-23] Quitting with errno 24: Too many open files',
    });
});

test('by default it runs in the foreground, and kills nobody for its place', async () => {
  const { pool, at, write } = await settingUp({ env: { PATH: 'bin:/usr/bin:/bin' } });
  await write('bin/ckpool', '#!/bin/sh\necho "$@" > arguments\nexec sleep 60\n');
  await chmod(at('bin/ckpool'), 0o755);
  await write('ckpool.conf', `{"btcaddress": "${LEGACY}", "serverurl": ["127.0.0.1:3404"]}`);
  expect(await ckpool.start(pool, { reindex: false })).toBe('started');
  await expect
    .poll(async () => await readFile(at('arguments'), 'utf8').catch(() => ''), { timeout: 5_000 })
    .toBe(`-c ${at('ckpool.conf')} -l 5 -q\n`);
  expect(ckpool.lockFiles?.(pool)).toEqual([{ path: '/tmp/ckpool/main.pid', program: 'ckpool' }]);
});

test('the login of a daemon with a cookie is the one in the cookie, once it is there', async () => {
  const { pool, read, write } = await settingUp();
  await write('daemon/bitcoin.conf', 'regtest=1\n');
  await ckpool.configure(pool);
  expect(JSON.parse(await read('ckpool.conf')).btcd[0]).toMatchObject({ auth: '', pass: '' });
  await write('daemon/regtest/.cookie', '__cookie__:00ff:11');
  expect((await ckpool.alignCredentials(pool)).keys).toEqual(['btcd.0.auth', 'btcd.0.pass']);
  expect(JSON.parse(await read('ckpool.conf')).btcd[0]).toMatchObject({
    auth: '__cookie__',
    pass: '00ff:11',
  });
});

test('its main.pid is removed when it names nobody or somebody else, and kept when it names a ckpool', async () => {
  const { pool, at, read, write } = await settingUp({ command: ['./ckpool', '-s', 'sockets'] });
  await copyFile('/bin/sleep', at('ckpool'));
  const other = spawn(at('ckpool'), ['60']);
  onTestFinished(() => void other.kill('SIGKILL'));
  await write('sockets/main.pid', `${other.pid}`);
  expect(await clearStaleLocks(pool)).toContain('which lives');
  await write('sockets/main.pid', `${process.pid}`);
  expect(await clearStaleLocks(pool)).toContain('was stale and is removed');
  await expect(read('sockets/main.pid')).rejects.toThrow('ENOENT');
});

test('its program is looked for, and no package brings it', async () => {
  const { pool } = await settingUp({ command: ['./no-such-ckpool'] });
  expect(await ckpool.programs(pool)).toEqual([{ name: './no-such-ckpool', path: null, packages: [] }]);
});
