import { targetFromDifficulty } from '../protocol/target.ts';
import { submitBlock } from './block.ts';
import type { PoolConfig } from './config.ts';
import { createDaemon } from './daemon.ts';
import { createJobBook } from './jobs.ts';
import type { Log } from './log.ts';
import { createLoginCheck } from './logins.ts';
import { startStratumServer } from './server.ts';
import type { ValidShare } from './share.ts';
import { followTip } from './tip.ts';

/** A running pool. */
export interface Pool {
  /** Closes every session and stops polling; the process may then end. */
  stop(): void;
}

/** Wires a pool together and starts it. It needs neither the daemon nor its port to come up. */
export function startPool(config: PoolConfig, log: Log): Pool {
  const { algorithm, stratum } = config;
  const jobs = createJobBook();
  const daemon = createDaemon(config.daemon);

  const onShare = async (share: ValidShare) => {
    if (!share.isBlock) return;
    await submitBlock(daemon, share, log);
    follower.poke();
  };
  const server = startStratumServer(stratum, {
    rules: {
      algorithm,
      jobs,
      shareTarget: targetFromDifficulty(algorithm, stratum.difficulty),
      nowSeconds: () => Math.floor(Date.now() / 1000),
    },
    difficulty: stratum.difficulty,
    log,
    checkLogin: createLoginCheck(stratum.users),
    onShare,
  });
  const follower = followTip({
    daemon,
    algorithm,
    address: config.wallet.address,
    ...config.job,
    log,
    onJob: (job) => server.broadcast(job, jobs.add(job)),
  });

  return {
    stop() {
      follower.stop();
      server.stop();
    },
  };
}
