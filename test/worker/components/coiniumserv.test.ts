import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { COINIUM_JSON, coiniumserv } from '../../../worker/components/coiniumserv.ts';
import { poolMember } from '../../../worker/components/stack.ts';
import { daemon, testStack } from './support/stack.ts';

/** Written after what is known of config/pools/*.json: comments begin with #, lines may end as on Windows. */
const POOL = [
  '\uFEFF{',
  '    # a pool, with "quotes" and { in its comment',
  '\t"enabled": true, # yes',
  '\t"coin": "bitcoin.json",',
  '\t"daemon": {',
  '\t\t"host": "127.0.0.1", # the daemon\'s',
  '\t\t"port": 8332,',
  '\t\t"username": "old-user",',
  '\t\t"password": "old-password"',
  '\t},',
  '\t"wallet": { "address": "" },',
  '\t"stratum": {',
  '\t\t"bind": "0.0.0.0",',
  '\t\t"diff": 16 # shares',
  '\t}',
  '}',
  '',
].join('\r\n');
const HOME = 'build/bin/Debug';
const FILE = `${HOME}/config/pools/b.json`;

const settingUp = async (spec: object = {}, password = daemon.password) => {
  const made = await testStack({ pool: { kind: 'coiniumserv', stratumPort: 3411, ...spec } }, password);
  return { ...made, pool: poolMember(made.stack) };
};

test('missing files are made where the build puts CoiniumServ', async () => {
  const { pool, read, at } = await settingUp();
  const changes = await coiniumserv.configure(pool);
  expect(changes.map(({ file, change }) => [file, change])).toEqual([
    [at(`${HOME}/config/config.json`), 'created'],
    [at(`${HOME}/config/pools/davylamp.json`), 'created'],
  ]);
  await coiniumserv.setPayoutAddress(pool, async () => 'an-address');
  expect(JSON.parse(await read(`${HOME}/config/pools/davylamp.json`))).toMatchObject({
    enabled: true,
    coin: 'bitcoin.json',
    daemon: { host: '127.0.0.1', port: daemon.rpcPort, username: daemon.username, password: daemon.password },
    wallet: { address: 'an-address' },
    stratum: { port: 3411 },
  });
});

test('the first enabled file is the one, and its comments survive byte for byte', async () => {
  const { pool, read, write } = await settingUp();
  await write(`${HOME}/config/pools/a.json`, '{ "enabled": false }');
  await write(`${HOME}/config/pools/default.json`, '{ "enabled": true, "stratum": { "port": 3355 } }');
  await write(FILE, POOL);
  await write(`${HOME}/config/config.json`, '{\n# mine\n}\n');
  expect(await coiniumserv.port(pool)).toBe(3355);
  await coiniumserv.configure(pool);
  await coiniumserv.setPayoutAddress(pool, async () => 'an-address');
  await coiniumserv.setPayoutAddress(pool, async () => 'another-address');
  await coiniumserv.movePort(pool, 13_411);
  expect(await coiniumserv.port(pool)).toBe(13_411);
  expect(await read(FILE)).toBe(
    POOL.replace('8332', `${daemon.rpcPort}`)
      .replace('old-user', daemon.username)
      .replace('old-password', daemon.password)
      .replace('"address": ""', '"address": "an-address"')
      .replace('"diff": 16 # shares', '"diff": 16, # shares\r\n\t\t"port": 13411'),
  );
  expect(await read(`${HOME}/config/config.json`)).toBe('{\n# mine\n}\n');
});

test('what CoiniumServ itself strips leaves the same document', async () => {
  const stripped = POOL.replace(/#(.*?)\r?\n/g, '').replace('\uFEFF', '');
  expect(JSON.parse(COINIUM_JSON.blank(POOL))).toEqual(JSON.parse(stripped));
  expect(COINIUM_JSON.blank(POOL)).toHaveLength(POOL.length);
});

test('a # in the daemon password is refused before anything is written', async () => {
  // The daemon's own file cannot hold one; davy.json can.
  const made = await testStack({ pool: { kind: 'coiniumserv' } });
  made.stack.environment.daemon.credentials = { username: 'u', password: 'a#b' };
  const pool = poolMember(made.stack);
  await expect(coiniumserv.alignCredentials(pool)).rejects.toMatchObject({ code: 'bad_config' });
  await expect(coiniumserv.configure(pool)).rejects.toThrow('takes the # in it for a comment');
});

test('a # in a string of the file is a configuration that cannot be read', async () => {
  const { pool, write } = await settingUp({ configFile: 'pool.json' });
  await write(`${HOME}/pool.json`, '{\n"daemon": { "password": "a#b" }\n}\n');
  await expect(coiniumserv.port(pool)).rejects.toMatchObject({
    code: 'bad_config',
    nextStep: expect.stringContaining('within a string too'),
  });
});

test('a broken file is not passed over for a new pool beside it', async () => {
  const { pool, write } = await settingUp();
  await write(FILE, '{ "enabled": true, ');
  await expect(coiniumserv.configure(pool)).rejects.toMatchObject({ code: 'bad_config' });
});

test('its standard input stays open, and its last words count only when it is gone', async () => {
  const words = 'echo "[Fatal] StratumServer can not bind on 127.0.0.1"; echo "Stratum server listening"';
  const { pool, at, write } = await settingUp({
    directory: '.',
    command: ['sh', '-c', `${words}; test ! -e gone || exit 1; cat; echo eof > eof`],
  });
  await write(FILE, POOL);
  await coiniumserv.start(pool, { reindex: false }).catch((error) => expect.fail(String(error)));
  await expect
    .poll(async () => await readFile(at('state/pool.out'), 'utf8'), { timeout: 5_000 })
    .toContain('listening');
  expect(await coiniumserv.observe(pool)).toMatchObject({
    process: { state: 'running' },
    startFailure: null,
  });
  await coiniumserv.stop(pool, { force: false });
  await write(`${HOME}/gone`, '');
  await coiniumserv.start(pool, { reindex: false });
  await expect
    .poll(async () => (await coiniumserv.observe(pool)).startFailure?.cause, { timeout: 5_000 })
    .toBe('port_conflict');
  await expect(readFile(at(`${HOME}/eof`), 'utf8')).rejects.toThrow('ENOENT');
});

test('it needs mono and its executable; a declared Windows program only itself', async () => {
  const { pool } = await settingUp();
  expect(await coiniumserv.programs(pool)).toMatchObject([
    { name: 'mono', packages: ['mono-runtime'] },
    { name: 'CoiniumServ.exe', path: null, packages: [] },
  ]);
  const windows = await settingUp({ command: ['./CoiniumServ.exe'] });
  expect(await coiniumserv.programs(windows.pool)).toEqual([
    { name: './CoiniumServ.exe', path: null, packages: [] },
  ]);
});
