/** The ports of a practice stack. */
export interface LabPorts {
  rpc: number;
  p2p: number;
  peerRpc: number;
  peerP2p: number;
  stratum: number;
  stratumFallbacks: number[];
}

/**
 * The `davy.json` of a practice stack: a daemon on regtest with a peer for company (litecoind gives no block
 * template without one), the pool and the miner of this folder. Everything it writes stays below its folder.
 */
export function labEnvironment(name: string, ports: LabPorts) {
  return {
    name,
    network: 'regtest',
    resettable: true,
    daemon: { kind: 'bitcoind', dataDir: 'daemon', rpcPort: ports.rpc, p2pPort: ports.p2p },
    peers: [{ kind: 'bitcoind', dataDir: 'peer', rpcPort: ports.peerRpc, p2pPort: ports.peerP2p }],
    pool: {
      kind: 'lab-pool',
      directory: 'pool',
      stratumPort: ports.stratum,
      fallbackPorts: ports.stratumFallbacks,
      logFiles: ['pool.log'],
    },
    miners: [{ kind: 'lab-miner', directory: 'miner' }],
  };
}
