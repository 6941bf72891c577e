import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../core/diagnosis.ts';
import { down, heldBy, stackWith, type Trouble } from '../fixtures/observation.ts';

const said = (cause: 'data_corrupt' | 'lock_held' | 'port_conflict', line: string) => ({
  startFailure: { cause, line },
});
const refused = { rpc: { kind: 'refused', detail: 'ECONNREFUSED' }, template: null } as const;
const first = (trouble: Trouble) => {
  const [finding] = diagnose(stackWith(trouble));
  return finding ? `${finding.component}: ${finding.failure}` : 'healthy';
};

describe('pairs that look alike', () => {
  test.each<[string, Trouble, string, Trouble, string]>([
    [
      'a refused connection: the daemon is gone, or it lives and does not listen',
      { daemon: { ...down(null, 'SIGKILL'), ...refused } },
      'daemon: process_down',
      { daemon: refused },
      'daemon: rpc_refused',
    ],
    [
      'a port that was taken: it still is, or it is free again',
      {
        daemon: {
          ...down(1),
          ...said('port_conflict', 'Unable to bind'),
          rpcPort: heldBy(18_443, 'foreign'),
        },
      },
      'daemon: port_conflict',
      {
        daemon: { ...down(1), ...said('port_conflict', 'Unable to bind'), rpcPort: heldBy(18_443, 'nobody') },
      },
      'daemon: process_down',
    ],
    [
      'a block database that does not open: corruption, or a second daemon on the directory',
      { daemon: { ...down(1), ...said('data_corrupt', 'Corrupted block database detected') } },
      'daemon: data_corrupt',
      { daemon: { ...down(1), ...said('lock_held', 'LOCK: Resource temporarily unavailable') } },
      'daemon: lock_held',
    ],
    [
      'a daemon that is not ready: it warms up, or it hangs',
      { daemon: { rpc: { kind: 'warming_up', detail: '-28' }, template: null } },
      'daemon: warming_up',
      { daemon: { rpc: { kind: 'timeout', detail: 'no answer' }, template: null } },
      'daemon: rpc_timeout',
    ],
    [
      'a green RPC: the chain is whole, or blocks were lost',
      { daemon: { knownHeight: 120 } },
      'healthy',
      { daemon: { knownHeight: 123 } },
      'daemon: chain_rolled_back',
    ],
    [
      'no template: no restart mends it, or a peer does',
      { daemon: { template: { kind: 'error', code: -8, detail: '-8 rules' } } },
      'daemon: incompatible',
      { daemon: { template: { kind: 'error', code: -9, detail: '-9 not connected' } } },
      'daemon: no_peers',
    ],
    [
      'wrong credentials: the ones that we use, or the ones of the pool',
      { daemon: { rpc: { kind: 'unauthorized', detail: '401' }, template: null } },
      'daemon: rpc_unauthorized',
      {
        pool: {
          stratum: { kind: 'silent', step: 'subscribe', detail: 'silent' },
          daemonCredentialsAccepted: false,
        },
      },
      'pool: rpc_unauthorized',
    ],
    [
      'a pool that says it listens: somebody else does, or nobody',
      {
        pool: {
          stratum: { kind: 'silent', step: 'subscribe', detail: '' },
          stratumPort: heldBy(3333, 'foreign'),
        },
      },
      'pool: stratum_port_conflict',
      {
        pool: {
          stratum: { kind: 'refused', step: 'connect', detail: '' },
          stratumPort: heldBy(3333, 'nobody'),
        },
      },
      'pool: stratum_not_listening',
    ],
    [
      'a port that accepts: the protocol is dead behind it, or it is not reachable from here',
      { pool: { stratum: { kind: 'silent', step: 'subscribe', detail: '' } } },
      'pool: stratum_deaf',
      { pool: { stratum: { kind: 'refused', step: 'connect', detail: '' } } },
      'pool: stratum_unreachable',
    ],
    [
      'a pool without a job: it lost its daemon, or the daemon is the cause',
      { pool: { stratum: { kind: 'no_job', step: 'notify', detail: '' } } },
      'pool: daemon_lost',
      { daemon: refused, pool: { stratum: { kind: 'no_job', step: 'notify', detail: '' } } },
      'daemon: rpc_refused',
    ],
    [
      'a green Stratum session: on the tip, or on old work',
      {},
      'healthy',
      { pool: { stratum: { kind: 'working', previousBlockHash: '00', difficulty: 1 } } },
      'pool: stale_work',
    ],
    [
      'a miner without shares: too slow to judge, or silent',
      { miner: { silentSeconds: 600, hashrate: 2 ** 32 / 60 } },
      'healthy',
      { miner: { silentSeconds: 600, hashrate: 2 ** 32 / 20 } },
      'miner-1: no_shares',
    ],
    [
      'the same hashrate and difficulty: scrypt counts 2^16 hashes, sha256d 2^32',
      { miner: { silentSeconds: 30, hashrate: 2 ** 16, algorithm: 'sha256d' } },
      'healthy',
      { miner: { silentSeconds: 30, hashrate: 2 ** 16, algorithm: 'scrypt' } },
      'miner-1: no_shares',
    ],
    [
      'silence: too short to mean anything, or not',
      { miner: { silentSeconds: 15, hashrate: 2 ** 40 } },
      'healthy',
      { miner: { silentSeconds: 15.1, hashrate: 2 ** 40 } },
      'miner-1: no_shares',
    ],
    [
      'rejected shares: too few to judge, or many',
      { miner: { recentShares: { accepted: 0, rejected: 9 } } },
      'healthy',
      { miner: { recentShares: { accepted: 0, rejected: 10 } } },
      'miner-1: high_rejects',
    ],
    [
      'rejected shares: an hour ago, or now',
      { miner: { acceptedShares: 10, rejectedShares: 1000 } },
      'healthy',
      { miner: { acceptedShares: 1000, rejectedShares: 5, recentShares: { accepted: 5, rejected: 5 } } },
      'miner-1: high_rejects',
    ],
    [
      'a miner cut off: it points elsewhere, or its login is wrong',
      { miner: { connection: 'unauthorized', pointsAtPort: 13_333 } },
      'miner-1: pool_unreachable',
      { miner: { connection: 'unauthorized' } },
      'miner-1: unauthorized',
    ],
    [
      'resources: at the limit, or past it',
      { resources: { diskFreeBytes: 1_000_000_000, memoryUsedRatio: 0.9, descriptorsUsedRatio: 0.8 } },
      'healthy',
      { resources: { diskFreeBytes: 1_000_000_000, memoryUsedRatio: 0.9, descriptorsUsedRatio: 0.800_1 } },
      'environment: resource_exhausted',
    ],
  ])('%s', (_, one, ofOne, other, ofOther) => {
    expect([first(one), first(other)]).toEqual([ofOne, ofOther]);
  });
});
