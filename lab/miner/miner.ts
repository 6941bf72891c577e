import { StratumClient } from './client.ts';
import type { Log } from './log.ts';
import type { MinerOptions } from './options.ts';
import { createSearch } from './search.ts';
import { createTally } from './tally.ts';

// Keeps a pool that drops every session from being hammered.
const RECONNECT_MS = 50;

/** A running miner. */
export interface Miner {
  stop(): void;
}

/** Mines for ever: whatever ends a session with the pool, another one is begun. */
export function startMiner(options: MinerOptions, log: Log): Miner {
  let client: StratumClient | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const search = createSearch({
    ...options,
    onFound: (work, nonce) => client?.submit(work, nonce),
    onMeasured: (hashes, rate) => log(`thread 0: ${hashes} hashes, ${(rate / 1000).toFixed(2)} khash/s`),
  });
  const tally = createTally(log, search.hashesPerSecond);

  const begin = () => {
    client = new StratumClient({ options, log, search, tally, onEnd });
  };
  const onEnd = (retryAtOnce: boolean) => {
    if (stopped) return;
    if (!retryAtOnce) log(`...retry after ${options.retrySeconds} seconds`);
    timer = setTimeout(begin, retryAtOnce ? RECONNECT_MS : options.retrySeconds * 1000);
  };

  log(`1 miner threads started, using '${options.algorithm}' algorithm.`);
  log(`Starting Stratum on stratum+tcp://${options.host}:${options.port}`);
  begin();

  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      search.stop();
      client?.close();
    },
  };
}
