import { expect, test } from 'vitest';
import type { Observation } from '../../../core/observation.ts';
import { rpcCall } from '../../../worker/host/rpc.ts';
import { stackWith } from '../../core/fixtures/observation.ts';
import { needs } from '../../support/packages.ts';
import { litecoinStack } from '../components/support/litecoin-stack.ts';
import { recoverSeeing } from './support.ts';

const BLOCKS = 800;

needs('litecoind').describe('a daemon that reads its block files anew', () => {
  test('is left alone until it has all of its blocks again', async () => {
    const { stack, daemon, kind, answers, read, write } = await litecoinStack();
    const file = 'daemon/litecoin.conf';
    await write(file, `${await read(file)}vbparams=mweb:9999999999:99999999999\n`);
    await kind.start(daemon, { reindex: false });
    await answers();
    const endpoint = await kind.endpoint(daemon);
    const patient = { timeoutMs: 60_000 };
    await rpcCall(endpoint, 'generatetodescriptor', [BLOCKS, 'raw(51)#8lvh9jxk'], patient);
    await kind.stop(daemon, { force: false });
    await kind.start(daemon, { reindex: true });
    const { process } = await answers();
    const template = { kind: 'ok', height: BLOCKS + 1 } as const;
    const observe = async (): Promise<Observation> =>
      stackWith({
        daemon: { ...(await kind.observe(daemon)), template, knownHeight: BLOCKS },
        pool: { desired: 'stopped' },
        miner: { desired: 'stopped' },
      });
    const report = await recoverSeeing([await observe()], { stack, observe });
    expect(report).toMatchObject({
      outcome: { kind: 'healed' },
      cause: { failure: 'chain_rolled_back' },
      actions: [{ type: 'wait' }],
    });
    expect((await kind.observe(daemon)).process).toMatchObject({
      pid: process.state !== 'down' && process.pid,
    });
    expect(await rpcCall(endpoint, 'getblockcount')).toBe(BLOCKS);
  }, 120_000);
});
