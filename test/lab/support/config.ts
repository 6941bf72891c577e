import { difficultyForInterval } from '../../../lab/protocol/target.ts';
import { freePort, type LitecoinPair } from '../../support/litecoin.ts';

/** Where a pool's daemon is, as far as its configuration says. */
export type DaemonAddress = Pick<LitecoinPair, 'rpcPort' | 'username' | 'password' | 'address'>;

/** A pool on a free port, easy enough for several shares a second at 200 hashes a second. */
export async function poolConfig(daemon: DaemonAddress, stratum: object = {}) {
  const wanted = { algorithm: 'scrypt', hashesPerSecond: 200, intervalSeconds: 0.25 } as const;
  return {
    algorithm: 'scrypt',
    daemon: {
      host: '127.0.0.1',
      port: daemon.rpcPort,
      username: daemon.username,
      password: daemon.password,
      timeoutMs: 1_000,
    },
    wallet: { address: daemon.address },
    stratum: {
      bind: '127.0.0.1',
      port: await freePort(),
      difficulty: difficultyForInterval(wanted),
      ...stratum,
    },
    job: { blockPollMs: 50, rebroadcastMs: 30_000 },
  };
}

/** A daemon that does not exist. */
export async function nowhere(): Promise<DaemonAddress> {
  return { rpcPort: await freePort(), username: 'u', password: 'not-for-the-log', address: 'rltc1nobody' };
}
