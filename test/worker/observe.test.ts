import { expect, onTestFinished, test } from 'vitest';
import { diagnoseDaemon } from '../../core/diagnosis/daemon.ts';
import { openDatabase } from '../../db/connection.ts';
import { componentRecords, registerEnvironment } from '../../db/environments.ts';
import { migrate } from '../../db/migrate.ts';
import { chainOf, forgetHeight, noteHeight } from '../../worker/components/heights.ts';
import { rpcCall } from '../../worker/host/rpc.ts';
import { observe } from '../../worker/observe.ts';
import { needs } from '../support/packages.ts';
import { freshDatabase } from '../support/postgres.ts';
import { want } from '../support/wanted.ts';
import { litecoinStack } from './components/support/litecoin-stack.ts';

const LOOKS = 20;

needs('litecoind').describe('a look at a daemon', () => {
  test('during which blocks come is no look at a chain that rolled back', async () => {
    const { failure, mine, note, chain, wipe } = await miningStack();
    let isMining = true;
    const miner = (async () => {
      while (isMining) note(await mine());
    })();
    try {
      for (let looks = 0; looks < LOOKS; looks++) expect(await failure()).not.toBe('chain_rolled_back');
    } finally {
      isMining = false;
      await miner;
    }
    note((await mine()) + 1);
    expect(await failure()).toBe('chain_rolled_back');
    const before = chain();
    wipe();
    note((await mine()) + 1, before);
    expect(await failure()).not.toBe('chain_rolled_back');
  });

  test('keeps for the next worker what the watch has noted already', async () => {
    const { failure, mine, note, recorded } = await miningStack();
    const height = await mine();
    note(height);
    await failure();
    expect(await recorded()).toBe(height);
  });
});

/** A daemon whose height is noted as it rises, as the watch does. */
async function miningStack() {
  const { stack, daemon, kind, answers } = await litecoinStack();
  await kind.start(daemon, { reindex: false });
  await answers();
  const endpoint = await kind.endpoint(daemon);
  const database = openDatabase(await freshDatabase(migrate));
  onTestFinished(() => database.close());
  const { environment: definition, directory: workingDirectory } = stack;
  const { id } = await registerEnvironment(database, { host: 'rig-1', workingDirectory, definition });
  await want(database, id, [daemon.ref.name]);
  return {
    async recorded() {
      return (await componentRecords(database, id, [daemon.ref])).get(daemon.ref.name)?.knownHeight;
    },
    async failure() {
      const { daemons } = await observe({ ...stack, environmentId: id }, database);
      return daemons[0] && diagnoseDaemon(daemons[0])?.failure;
    },
    async mine() {
      await rpcCall(endpoint, 'generatetodescriptor', [1, 'raw(51)#8lvh9jxk']);
      return Number(await rpcCall(endpoint, 'getblockcount'));
    },
    note: (height: number, chain = chainOf(daemon)) => noteHeight(daemon, height, chain),
    chain: () => chainOf(daemon),
    wipe: () => forgetHeight(daemon),
  };
}
