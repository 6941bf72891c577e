/** Nobody's: the practice chains of Bitcoin and Litecoin share this prefix of old-style addresses. */
export const NOBODYS_ADDRESS = 'mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8';

export interface LabPoolSettings {
  algorithm: 'sha256d' | 'scrypt';
  port: number;
  logFile: string;
  daemon: { host: string; port: number; username: string; password: string };
  address: string;
}

/** About two shares a second from one practice miner: a drill waits for them often. */
const DIFFICULTY = { scrypt: 0.001_6, sha256d: 0.000_002 } as const;

/** The configuration of a practice pool, complete but for what Davylamp fills in. */
export function labPoolConfig({ algorithm, port, logFile, daemon, address }: LabPoolSettings) {
  return {
    algorithm,
    daemon,
    wallet: { address },
    stratum: { bind: '127.0.0.1', port, difficulty: DIFFICULTY[algorithm] },
    job: { blockPollMs: 100, rebroadcastMs: 30_000 },
    logging: { file: logFile },
  };
}
