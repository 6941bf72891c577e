import { createLog } from './log.ts';
import { startMiner } from './miner.ts';
import { readMinerOptions } from './options.ts';

function main(): void {
  const options = readMinerOptions(process.argv.slice(2), process.env);
  const log = createLog(process.stderr);
  const miner = startMiner(options, log);
  const shutDown = (signal: NodeJS.Signals) => {
    miner.stop();
    log(`${signal} received, exiting`);
    process.exit(0);
  };
  process.on('SIGTERM', shutDown);
  process.on('SIGINT', shutDown);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
