import type { StrategyName } from '../strategy.ts';
import { known, readable } from './text.ts';

const PHRASES = {
  'daemon-crash': 'start the daemon again, and rebuild its data where that is needed',
  'rpc-failure': 'give the daemon time to answer, then restart it',
  'pool-disconnection': 'restart the pool, on another port if need be, and send the miners there',
  'miner-error': 'restart the miner and point it at the pool',
  'stale-lock': 'remove the lock file that was left behind, and start again',
  'crash-loop': 'stop starting what only crashes again',
  'environment-reset': 'stop everything, clean it and start it anew',
  'needs-person': 'call a person: no restart and no reset mends this',
} satisfies Record<StrategyName, string>;

/** What a strategy does: `restart the miner and point it at the pool`. */
export function strategyPhrase(strategy: string): string {
  return known<string>(PHRASES, strategy) ?? readable(strategy);
}
