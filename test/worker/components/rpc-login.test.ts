import { mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { diagnoseDaemon } from '../../../core/diagnosis/daemon.ts';
import { rpcCall } from '../../../worker/host/rpc.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { recoverSeeing } from '../recovery/support.ts';
import { eventually, litecoinStack } from './support/litecoin-stack.ts';

const START = { reindex: false };
const known = { desired: 'running', knownHeight: 0, staleLocks: [] } as const;

test('a cookie at a place of its own is found there', async () => {
  const { at, write, read, daemon, kind, answers } = await litecoinStack();
  await mkdir(at('cookies'));
  const conf = await read('daemon/litecoin.conf');
  await write('daemon/litecoin.conf', `${conf}rpccookiefile=${at('cookies/daemon')}\n`);
  await kind.start(daemon, START);
  expect(await answers()).toMatchObject({ rpc: { kind: 'ok' } });
});

test.each([
  ['among the arguments', ['-rpcuser=rig', '-rpcpassword=tulip-17'], ''],
  ['in a file that is included', [], 'rpcuser=rig\nrpcpassword=tulip-17\n'],
])('a login %s is known, and nothing is written beside it', async (_, options, included) => {
  const { write, read, daemon, kind, answers } = await litecoinStack({
    daemon: { command: ['litecoind', '-datadir=daemon', ...options] },
  });
  const conf = await read('daemon/litecoin.conf');
  const [port = ''] = /^rpcport=.*$/m.exec(conf) ?? [];
  await write('daemon/litecoin.conf', `includeconf=more.conf\n${conf.replace(`${port}\n`, '')}`);
  await write('daemon/more.conf', `${included}[regtest]\n${port}\n`);
  await kind.configure(daemon);
  expect(await read('daemon/litecoin.conf')).not.toMatch(/^rpc(user|password|port)=/m);
  await kind.start(daemon, START);
  await answers();
  expect(await kind.endpoint(daemon)).toMatchObject({ username: 'rig', password: 'tulip-17' });
});

/** A daemon whose login is to be seen nowhere: neither in its file nor among its arguments. */
const HIDDEN = 'exec litecoind -datadir=daemon $LOGIN';

test('a login that no restart mends is for a person, after one restart', async () => {
  const { stack, daemon, kind, rpcPort } = await litecoinStack({
    daemon: { command: ['sh', '-c', HIDDEN], env: { LOGIN: '-rpcuser=rig -rpcpassword=tulip-17' } },
  });
  await kind.start(daemon, START);
  const login = { host: '127.0.0.1', port: rpcPort, username: 'rig', password: 'tulip-17' };
  await eventually('it works', async () => (await rpcCall(login, 'getblockcount')) === 0);
  const looks = async () => stackWith({ daemon: { ...(await kind.observe(daemon)), ...known } });
  const { outcome, actions } = await recoverSeeing([await looks()], { stack, observe: looks });
  expect(actions.filter(({ type }) => type === 'start')).toHaveLength(1);
  expect(outcome).toMatchObject({
    kind: 'hopeless',
    escalation: { detail: expect.stringMatching(/^daemon: rpc_unauthorized .*Set daemon\.credentials/) },
  });
});

/** Answers as a daemon does whose rpcallowip leaves us out; it always lets 127.0.0.1 in, where our tests are. */
const FORBIDDING = `
const [, port] = /^rpcport=(.*)$/m.exec(require('node:fs').readFileSync('daemon/litecoin.conf', 'utf8'));
require('node:http').createServer((_, answer) => answer.writeHead(403).end()).listen(Number(port), '127.0.0.1');
`;

test('a daemon that takes no calls from here has a configuration to be corrected', async () => {
  const command = [process.execPath, 'forbidding.cjs'];
  const { write, daemon, kind } = await litecoinStack({ daemon: { command } });
  await write('forbidding.cjs', FORBIDDING);
  await kind.start(daemon, START);
  const facts = await eventually('it answers', async () => {
    const seen = await kind.observe(daemon);
    return seen.rpc?.kind === 'forbidden' && seen;
  });
  expect(diagnoseDaemon({ ...facts, ...known })).toMatchObject({
    failure: 'bad_config',
    evidence: expect.arrayContaining([expect.stringContaining('rpcallowip')]),
  });
});
