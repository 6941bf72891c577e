import { mkdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Observation } from '../../../core/observation.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { rpcCall } from '../../../worker/host/rpc.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { needs } from '../../support/packages.ts';
import { byHand, eventually, litecoinStack } from '../components/support/litecoin-stack.ts';
import { recoverSeeing } from './support.ts';

/** The next block would be the first with MWEB, which needs coins that somebody pegged in. */
const LAST_HEIGHT = 431;

needs('litecoind').describe('a daemon that runs and can give no work', () => {
  test('is restarted once, and then a person is told what it says', async () => {
    const { stack, at, daemon, kind, answers, read, write } = await litecoinStack({
      daemon: { startTimeoutSeconds: 5 },
    });
    const [rpcPort = 0, p2pPort = 0] = await freePorts(2);
    await mkdir(at('peer'));
    const ports = [`-rpcport=${rpcPort}`, `-port=${p2pPort}`, '-bind=127.0.0.1', '-listenonion=0'];
    byHand('litecoind', [`-datadir=${at('peer')}`, '-regtest', ...ports, '-printtoconsole=0']);
    const file = 'daemon/litecoin.conf';
    await write(file, `${await read(file)}maxtipage=3153600000\nconnect=127.0.0.1:${p2pPort}\n`);
    await kind.start(daemon, { reindex: false });
    await answers();
    const endpoint = await kind.endpoint(daemon);
    await rpcCall(endpoint, 'generatetodescriptor', [LAST_HEIGHT, 'raw(51)#8lvh9jxk'], { timeoutMs: 60_000 });
    await eventually(
      'it has its peer',
      async () => Number(await rpcCall(endpoint, 'getconnectioncount')) > 0,
    );
    const observe = async (): Promise<Observation> =>
      stackWith({
        daemon: { ...(await kind.observe(daemon)), knownHeight: LAST_HEIGHT },
        pool: { desired: 'stopped' },
        miner: { desired: 'stopped' },
      });
    const report = await recoverSeeing([await observe()], { stack, observe });
    expect(report).toMatchObject({
      outcome: {
        kind: 'hopeless',
        escalation: { reason: 'critical_error', detail: expect.stringContaining('bad-txns-vin-empty') },
      },
      cause: { failure: 'unknown' },
    });
    expect(report.actions.map(({ type }) => type)).toEqual(['wait', 'stop', 'start', 'connect_peers']);
  }, 120_000);
});
