import { expect, onTestFinished, test } from 'vitest';
import { poolKind } from '../../../worker/components/index.ts';
import { poolMember } from '../../../worker/components/stack.ts';
import { freePorts, waitForListener } from '../../../worker/host/port.ts';
import { poolProbe } from '../../../worker/watch/pool-probe.ts';
import { eventually } from '../components/support/litecoin-stack.ts';
import { testStack } from '../components/support/stack.ts';
import { STRATUM_POOL } from '../components/support/stratum-pool.ts';

/** Tells what it is asked, and answers the heartbeat with `ANSWER`, if at all. */
const HEARD = `
const net = require('node:net');
const { createServer } = net;
net.createServer = (onSocket) => createServer((socket) => {
  socket.on('data', (data) => {
    console.log(String(data).trim());
    if (String(data).includes('get_transactions') && process.argv[3]) socket.write(process.argv[3] + '\\n');
  });
  onSocket(socket);
});
`;

/** A pool that is probed, and how often it was asked by which method. */
async function probed(answer: string[]) {
  const [port = 0] = await freePorts(1);
  const { stack, write, read } = await testStack({
    pool: {
      kind: 'process',
      command: [process.execPath, 'pool.cjs', String(port), ...answer],
      stratumPort: port,
    },
  });
  await write('pool.cjs', `${HEARD}${STRATUM_POOL.replaceAll('process.argv[3]', 'undefined')}`);
  const pool = poolMember(stack);
  await poolKind(pool).start(pool, { reindex: false });
  await waitForListener({ port, timeoutMs: 15_000 });
  let changes = 0;
  const probe = poolProbe(pool, () => void changes++);
  onTestFinished(() => probe.close());
  const asked = async (method: string) => (await read('state/pool.out')).split(method).length - 1;
  const pid = async () => {
    const facts = await poolKind(pool).observe(pool);
    if (facts.process.state !== 'running') throw new RangeError('the pool does not run');
    return facts.process.pid;
  };
  return { probe, asked, pid, changes: () => changes };
}

test.each([
  ['answers without saying to what', ['{"id":null,"result":[],"error":true}'], 1],
  ['does not know the heartbeat', [], 4],
])('a pool that %s is well, and is found when it hangs', async (_, answer, sessionsMax) => {
  const { probe, asked, pid, changes } = await probed(answer);
  await eventually('many heartbeats', async () => (await asked('mining.get_transactions')) >= 5);
  expect([probe.trouble(), changes()]).toEqual([null, 0]);
  expect(await asked('mining.subscribe')).toBeLessThanOrEqual(sessionsMax);
  process.kill(await pid(), 'SIGSTOP');
  await eventually('the hang', async () => probe.trouble() !== null);
});
