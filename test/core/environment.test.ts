import { describe, expect, test } from 'vitest';
import { componentsOf } from '../../core/component.ts';
import { mayManage, mayReset, parseEnvironment } from '../../core/environment.ts';

const SMALL = { name: 'lab', daemon: {}, pool: {} };
const parse = (document: unknown) => {
  const result = parseEnvironment(document);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.environment;
};
const problemsOf = (document: unknown) => {
  const result = parseEnvironment(document);
  return result.ok ? [] : result.problems;
};
const pathsOf = (document: unknown) => problemsOf(document).map(({ path }) => path);

test('a name is enough: the rest is the specification', () => {
  expect(parse(SMALL)).toMatchObject({
    name: 'lab',
    network: 'regtest',
    resettable: false,
    daemon: { kind: 'bitcoind', host: '127.0.0.1', rpcPort: 18_443, p2pPort: 18_444, dataDir: '~/.bitcoin' },
    pool: { kind: 'coiniumserv', stratumPort: 3333, fallbackPorts: [13_333, 23_333] },
    miners: [],
    peers: [],
    wallet: { name: 'davylamp' },
  });
  expect(parse({ ...SMALL, miners: [{}] }).miners[0]).toMatchObject({ kind: 'cpuminer' });
});

describe('what will not do', () => {
  test.each<[string, unknown, string]>([
    ['port 0', { ...SMALL, daemon: { rpcPort: 0 } }, 'daemon.rpcPort'],
    ['port 65536', { ...SMALL, pool: { stratumPort: 65_536 } }, 'pool.stratumPort'],
    ['a port with a command in it', { ...SMALL, pool: { stratumPort: '3333;id' } }, 'pool.stratumPort'],
    ['a port in text', { ...SMALL, pool: { stratumPort: '3333' } }, 'pool.stratumPort'],
    ['half a port', { ...SMALL, daemon: { p2pPort: 18_444.5 } }, 'daemon.p2pPort'],
    ['1e999', JSON.parse('{"name":"lab","daemon":{"rpcPort":1e999},"pool":{}}'), 'daemon.rpcPort'],
    ['a bad fallback port', { ...SMALL, pool: { fallbackPorts: [13_333, 0] } }, 'pool.fallbackPorts[1]'],
    [
      'a line break in an RPC user',
      { ...SMALL, daemon: { credentials: { username: 'lab\nrpcallowip=0.0.0.0/0', password: 'x' } } },
      'daemon.credentials.username',
    ],
    [
      'a NUL in an RPC password',
      { ...SMALL, daemon: { credentials: { username: 'lab', password: 'x\u0000' } } },
      'daemon.credentials.password',
    ],
    ['half a surrogate in a path', { ...SMALL, daemon: { dataDir: '/srv/\ud800' } }, 'daemon.dataDir'],
    ['an environment named like an option', { ...SMALL, name: '-rf' }, 'name'],
    ['an environment named like a path', { ...SMALL, name: '../lab' }, 'name'],
    ['a component named like an option', { ...SMALL, miners: [{ name: '-rf' }] }, 'miners[0].name'],
    ['a kind named like an option', { ...SMALL, pool: { kind: '--help' } }, 'pool.kind'],
    ['a wallet named like a path', { ...SMALL, wallet: { name: 'a/b' } }, 'wallet.name'],
    ['a network that is none', { ...SMALL, network: 'moonnet' }, 'network'],
    ['a command in one text', { ...SMALL, pool: { command: 'mono pool.exe' } }, 'pool.command'],
    ['an empty command', { ...SMALL, pool: { command: [] } }, 'pool.command'],
    ['a line break in an argument', { ...SMALL, pool: { command: ['mono', 'a\r\nb'] } }, 'pool.command[1]'],
    [
      'a start that takes no time',
      { ...SMALL, daemon: { startTimeoutSeconds: 0 } },
      'daemon.startTimeoutSeconds',
    ],
    ['too many miners', { ...SMALL, miners: Array.from({ length: 65 }, () => ({})) }, 'miners'],
    [
      'an alternative of an alternative',
      { ...SMALL, miners: [{ alternative: { alternative: {} } }] },
      'miners[0].alternative',
    ],
    [
      'an alternative with a name of its own',
      { ...SMALL, miners: [{ alternative: { name: 'rig' } }] },
      'miners[0].alternative',
    ],
    ['an unknown field', { ...SMALL, resetable: true }, '$'],
    ['an unknown field below', { ...SMALL, daemon: { rpcport: 1 } }, 'daemon'],
    [
      'a poisoned field',
      JSON.parse('{"name":"lab","daemon":{},"pool":{},"__proto__":{"resettable":true}}'),
      '$',
    ],
    [
      'a poisoned field below',
      JSON.parse('{"name":"lab","daemon":{"__proto__":{"rpcPort":1}},"pool":{}}'),
      'daemon',
    ],
    [
      'a variable with a value in its name',
      { ...SMALL, pool: { env: { 'PATH=/tmp': 'x' } } },
      'pool.env.PATH=/tmp',
    ],
    ['no pool', { name: 'lab', daemon: {} }, 'pool'],
    ['nothing', null, '$'],
  ])('%s', (_, document, path) => {
    expect(pathsOf(document)).toEqual([path]);
  });

  test('is told all at once', () => {
    const document = {
      name: '-',
      network: 'x',
      daemon: { rpcPort: 0 },
      pool: { stratumPort: 0 },
      wipe: true,
    };
    expect(pathsOf(document)).toEqual(['name', 'network', 'daemon.rpcPort', 'pool.stratumPort', '$']);
  });

  test('one port for two', () => {
    expect(
      problemsOf({ ...SMALL, daemon: { rpcPort: 3333 }, peers: [{ rpcPort: 13_333, p2pPort: 18_444 }] }),
    ).toEqual([
      { path: 'peers[0].p2pPort', message: '18444 is also daemon.p2pPort' },
      { path: 'pool.stratumPort', message: '3333 is also daemon.rpcPort' },
      { path: 'pool.fallbackPorts[0]', message: '13333 is also peers[0].rpcPort' },
    ]);
  });

  test.each([
    ['two miners', [{ name: 'rig' }, { name: 'rig' }], 'miners[1].name', '"rig" is also miners[0]'],
    ['a miner and the pool', [{ name: 'pool' }], 'miners[0].name', '"pool" is also the pool'],
    [
      'a miner and one that has no name',
      [{}, { name: 'miner-1' }],
      'miners[1].name',
      '"miner-1" is also miners[0]',
    ],
    [
      'a miner without a name and one before it',
      [{ name: 'miner-2' }, {}],
      'miners[1].name',
      '"miner-2" is also miners[0]',
    ],
  ])('one name for two: %s', (_, miners, path, message) => {
    expect(problemsOf({ ...SMALL, miners })).toEqual([{ path, message }]);
  });
});

describe('what may be done to an environment', () => {
  test.each([
    ['regtest', {}, true, false],
    ['regtest, resettable', { resettable: true }, true, true],
    ['regtest, not managed', { manage: false, resettable: true }, false, false],
    ['testnet', { network: 'testnet', resettable: true }, false, false],
    ['mainnet, managed', { network: 'mainnet', manage: true, resettable: true }, true, false],
    ['signet, managed', { network: 'signet', manage: true, resettable: true }, true, false],
  ])('%s', (_, fields, manage, reset) => {
    const environment = parse({ ...SMALL, ...fields });
    expect([mayManage(environment), mayReset(environment)]).toEqual([manage, reset]);
  });
});

test('the alternative of a miner is one, with the same defaults', () => {
  const { miners } = parse({ ...SMALL, miners: [{ alternative: { kind: 'lab-miner' } }, {}] });
  const { alternative, ...first } = miners[0] ?? {};
  expect(alternative).toEqual({ ...first, kind: 'lab-miner' });
  expect(miners[1]).toEqual(first);
});

test('components come in the order in which they start', () => {
  const environment = parse({
    ...SMALL,
    peers: [{ kind: 'litecoind', rpcPort: 19_001, p2pPort: 19_002 }],
    miners: [{}, { name: 'rig', kind: 'lab-miner' }],
  });
  expect(componentsOf(environment)).toEqual([
    { name: 'peer-1', role: 'daemon', kind: 'litecoind', index: 0, peer: true },
    { name: 'daemon', role: 'daemon', kind: 'bitcoind', index: 0, peer: false },
    { name: 'pool', role: 'pool', kind: 'coiniumserv', index: 0, peer: false },
    { name: 'miner-1', role: 'miner', kind: 'cpuminer', index: 0, peer: false },
    { name: 'rig', role: 'miner', kind: 'lab-miner', index: 1, peer: false },
  ]);
});
