import { expect, test } from 'vitest';
import { connectPeers } from '../../../worker/components/daemons.ts';
import { daemonKind } from '../../../worker/components/index.ts';
import { daemonMember } from '../../../worker/components/stack.ts';
import { freePorts } from '../../../worker/host/port.ts';
import { eventually } from './support/litecoin-stack.ts';
import { testStack } from './support/stack.ts';

test('peers are not waited for by a daemon that has ended', async () => {
  const [rpcPort = 0, p2pPort = 0, peerRpc = 0, peerP2p = 0] = await freePorts(4);
  const { stack, write } = await testStack({
    daemon: {
      dataDir: 'daemon',
      rpcPort,
      p2pPort,
      command: ['sh', '-c', 'exit 1'],
    },
    peers: [{ dataDir: 'peer', rpcPort: peerRpc, p2pPort: peerP2p }],
    pool: { kind: 'process', command: ['true'] },
  });
  await write(
    'daemon/bitcoin.conf',
    `regtest=1\nrpcuser=u\nrpcpassword=p\n[regtest]\nrpcport=${rpcPort}\nport=${p2pPort}\n`,
  );
  const daemon = daemonMember(stack);
  await daemonKind(daemon).start(daemon, { reindex: false });
  await eventually('it ends', async () => {
    const { process } = await daemonKind(daemon).observe(daemon);
    return process.state === 'down' && process.exit !== null;
  });
  expect(await connectPeers(stack)).toBe('daemon ended before it answered: it has no peers');
});
