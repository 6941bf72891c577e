import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../core/diagnosis.ts';
import { rootCauses, summarized } from '../../../core/root-causes.ts';
import { down, heldBy, stackWith, type Trouble } from '../fixtures/observation.ts';

const said = (cause: 'data_corrupt' | 'lock_held' | 'port_conflict', line: string) => ({
  startFailure: { cause, line },
});
const refused = { rpc: { kind: 'refused', detail: 'ECONNREFUSED' }, template: null } as const;
const silent = { stratum: { kind: 'silent', step: 'subscribe', detail: '' } } as const;
const stale = { stratum: { kind: 'working', previousBlockHash: '00', difficulty: 1 } } as const;
const difficulty = (value: number) =>
  ({ stratum: { kind: 'working', previousBlockHash: 'aa'.repeat(32), difficulty: value } }) as const;
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
    [
      'a deaf pool: for itself, or because the daemon is dead',
      { pool: silent },
      'pool: stratum_deaf',
      { daemon: { ...down(null, 'SIGKILL'), ...refused }, pool: silent },
      'daemon: process_down',
    ],
    [
      'a daemon that does not let us in: it refuses the login, or the connection',
      { daemon: { rpc: { kind: 'unauthorized', detail: '401' }, template: null } },
      'daemon: rpc_unauthorized',
      { daemon: refused },
      'daemon: rpc_refused',
    ],
    [
      'a miner that finds nothing: the difficulty is high, or something is wrong',
      { pool: difficulty(100), miner: { silentSeconds: 600 } },
      'healthy',
      { pool: difficulty(1), miner: { silentSeconds: 600 } },
      'miner-1: no_shares',
    ],
    [
      'a job on another block than the tip: the pool is behind, or the daemon came back lower',
      { pool: stale },
      'pool: stale_work',
      { daemon: { knownHeight: 123 }, pool: stale },
      'daemon: chain_rolled_back',
    ],
    [
      'a block database that does not open: a lock deleted under a living daemon, or a broken file',
      { daemon: { ...down(1), ...said('lock_held', 'LOCK: Resource temporarily unavailable') } },
      'daemon: lock_held',
      { daemon: { ...down(1), ...said('data_corrupt', 'Error opening block database') } },
      'daemon: data_corrupt',
    ],
    [
      "a start that failed beside a lock file: its owner is dead, or the lock is nobody's business",
      { pool: { ...down(1), staleLocks: ['main.pid'] } },
      'pool: stale_lock',
      { pool: { ...down(null, 'SIGKILL'), staleLocks: ['main.pid'] } },
      'pool: process_down',
    ],
    [
      'a pool that is gone: it could not bind its port, or its port is free',
      { pool: { ...down(1), stratumPort: heldBy(3333, 'foreign') } },
      'pool: stratum_port_conflict',
      { pool: { ...down(1), stratumPort: heldBy(3333, 'nobody') } },
      'pool: process_down',
    ],
  ])('%s', (_, one, ofOne, other, ofOther) => {
    expect([first(one), first(other)]).toEqual([ofOne, ofOther]);
  });
});

describe('several findings: a cascade, or one cause with its symptoms', () => {
  const filedUnder = (trouble: Trouble) => {
    const observation = stackWith(trouble);
    const finding = summarized(rootCauses(diagnose(observation), observation));
    return finding && `${finding.component}: ${finding.failure}`;
  };
  const dead = { ...down(null, 'SIGKILL'), ...refused };

  test.each<[string, Trouble, string, Trouble, string]>([
    [
      'beside a dead daemon the pool is gone, or only deaf',
      { daemon: dead, pool: down(null, 'SIGKILL') },
      'environment: cascading',
      { daemon: dead, pool: silent },
      'daemon: process_down',
    ],
    [
      'beside a pool that is gone the miner is gone, or only cut off',
      { pool: down(1), miner: down(null, 'SIGKILL') },
      'environment: cascading',
      { pool: down(1), miner: { connection: 'unreachable' } },
      'pool: process_down',
    ],
    [
      'rejected shares are no second cause beside old work, a crash is',
      { pool: stale, miner: down(null, 'SIGSEGV') },
      'environment: cascading',
      { pool: stale, miner: { recentShares: { accepted: 0, rejected: 10 } } },
      'pool: stale_work',
    ],
  ])('%s', (_, one, ofOne, other, ofOther) => {
    expect([filedUnder(one), filedUnder(other)]).toEqual([ofOne, ofOther]);
  });
});
