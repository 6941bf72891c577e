import { mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Observation } from '../../../core/observation.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { rpcCall } from '../../../worker/host/rpc.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { needs } from '../../support/packages.ts';
import { byHand, eventually, litecoinStack } from '../components/support/litecoin-stack.ts';
import { recoverSeeing } from './support.ts';

const HEIGHT = 20;
const THREE_DAYS = 3 * 24 * 3600;

/** A daemon with a configuration of its own, started anew on a chain whose tip is older than a day. */
async function afterTheWeekend() {
  const made = await litecoinStack({ daemon: { startTimeoutSeconds: 10 } });
  const { at, daemon, kind, answers, read, write } = made;
  const [rpcPort = 0, p2pPort = 0] = await freePorts(2);
  await mkdir(at('peer'));
  const ports = [`-rpcport=${rpcPort}`, `-port=${p2pPort}`, '-bind=127.0.0.1', '-listenonion=0'];
  byHand('litecoind', [`-datadir=${at('peer')}`, '-regtest', ...ports, '-printtoconsole=0']);
  const file = 'daemon/litecoin.conf';
  await write(file, `${await read(file)}connect=127.0.0.1:${p2pPort}\nkeypool=5\n`);
  await kind.start(daemon, { reindex: false });
  await answers();
  const endpoint = await kind.endpoint(daemon);
  await rpcCall(endpoint, 'setmocktime', [Math.floor(Date.now() / 1000) - THREE_DAYS]);
  await rpcCall(endpoint, 'generatetodescriptor', [HEIGHT, 'raw(51)#8lvh9jxk']);
  await kind.stop(daemon, { force: false });
  return { ...made, endpoint };
}

needs('litecoind').describe('a practice chain whose tip is days old', () => {
  test('gets one block, and is neither waited for nor wiped', async () => {
    const { stack, daemon, kind, endpoint } = await afterTheWeekend();
    await kind.start(daemon, { reindex: false });
    const first = await eventually('it says that it waits for blocks', async () => {
      const seen = await kind.observe(daemon);
      return seen.template?.kind === 'error' && seen.template.code === -10 && seen;
    });
    const seen = (facts: typeof first): Observation =>
      stackWith({
        daemon: { ...facts, knownHeight: HEIGHT },
        pool: { desired: 'stopped' },
        miner: { desired: 'stopped' },
      });
    const observe = async () => seen(await kind.observe(daemon));
    const report = await recoverSeeing([seen(first)], { stack, observe });
    expect(report).toMatchObject({ outcome: { kind: 'healed' }, cause: { failure: 'warming_up' } });
    expect(report.actions.map(({ type }) => type)).toEqual(['wait', 'mine_block']);
    expect(await rpcCall(endpoint, 'getblockcount')).toBe(HEIGHT + 1);
  }, 60_000);

  test('gives work at once where Davylamp completed its configuration', async () => {
    const { daemon, kind } = await afterTheWeekend();
    expect(await kind.configure(daemon)).toMatchObject([{ change: 'adjusted', keys: ['maxtipage'] }]);
    await kind.start(daemon, { reindex: false });
    await eventually('it gives work', async () => (await kind.observe(daemon)).template?.kind === 'ok');
  }, 60_000);
});
