import { parseArgs } from 'node:util';
import { SettingsError } from '../fields.ts';
import { loadPoolConfig, type PoolConfig } from './config.ts';
import { openLog } from './log.ts';
import { startPool } from './pool.ts';

const USAGE = 'Usage: node bin/run.js lab/pool/main.ts --config FILE';

function main(): void {
  const config = readConfig();
  const log = openLog(config.logging.file);
  log(`Pool starting: ${config.algorithm}, difficulty ${config.stratum.difficulty}, pid ${process.pid}`);
  const pool = startPool(config, log);
  const shutDown = (signal: NodeJS.Signals) => {
    pool.stop();
    log(`Pool stopped by ${signal}`);
    process.exit(0);
  };
  process.on('SIGTERM', shutDown);
  process.on('SIGINT', shutDown);
}

function readConfig(): PoolConfig {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  if (values.config === undefined) throw new SettingsError([USAGE]);
  return loadPoolConfig(values.config);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
