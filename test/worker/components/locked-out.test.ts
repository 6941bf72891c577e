import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { labPool } from '../../../worker/components/lab-pool.ts';
import { poolMember } from '../../../worker/components/stack.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { eventually } from './support/litecoin-stack.ts';
import { testStack } from './support/stack.ts';
import { STRATUM_POOL } from './support/stratum-pool.ts';

test('a pool that hands out work is asked whether the daemon takes its login; only 401 is a no', async () => {
  const [rpcPort = 0, stratumPort = 0] = await freePorts(2);
  let status = 401;
  const daemon = createServer((_, answer) => {
    answer.statusCode = status;
    answer.end('{"result":1,"error":null,"id":1}');
  }).listen(rpcPort, '127.0.0.1');
  onTestFinished(() => void daemon.close());
  await once(daemon, 'listening');
  const { stack, write } = await testStack({
    daemon: { dataDir: 'daemon', rpcPort },
    pool: { kind: 'lab-pool', stratumPort, command: [process.execPath, 'pool.cjs', String(stratumPort)] },
  });
  await write('daemon/bitcoin.conf', `regtest=1\nrpcuser=u\nrpcpassword=p\n[regtest]\nrpcport=${rpcPort}\n`);
  await write('pool.cjs', STRATUM_POOL);
  const pool = poolMember(stack);
  const config = (login: object) =>
    write('pool.json', JSON.stringify({ stratum: { port: stratumPort }, daemon: login }));
  const accepted = async () => (await labPool.observe(pool)).daemonCredentialsAccepted;
  await config({ username: 'old', password: 'old' });
  await labPool.start(pool, { reindex: false });
  await eventually('it works', async () => (await labPool.observe(pool)).stratum?.kind === 'working');
  expect(await accepted()).toBe(false);
  await config({ cookieFile: '/nowhere/.cookie' });
  expect(await accepted()).toBeNull();
  await config({ username: 'old', password: 'old' });
  for (const [answer, verdict] of [
    [403, null],
    [503, null],
    [200, true],
  ] as const) {
    status = answer;
    expect(await accepted()).toBe(verdict);
  }
});
