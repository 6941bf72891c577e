import { test } from 'vitest';
import { down, frozen } from '../fixtures/observation.ts';
import { CAUSES, expectFinding, type Rule, said } from '../fixtures/rules.ts';

const RULES: Rule[] = [
  ['miner: gone', { miner: down(7) }, 'miner-1', 'process_down', 'its process ended with exit code 7'],
  ...CAUSES.map(
    (cause): Rule => [
      `miner: start failed, ${cause}`,
      { miner: { ...down(1), startFailure: said(cause) } },
      'miner-1',
      cause,
      `it said "the words of ${cause}"`,
    ],
  ),
  ['miner: frozen', { miner: frozen }, 'miner-1', 'no_shares', 'its process 100 is stopped (state T)'],
  [
    'miner: at another port',
    { miner: { pointsAtPort: 3334 } },
    'miner-1',
    'pool_unreachable',
    'it points at port 3334, but the pool is on 3333',
  ],
  [
    'miner: refused',
    { miner: { connection: 'unauthorized' } },
    'miner-1',
    'unauthorized',
    'the pool refuses its login',
  ],
  [
    'miner: refused, with another login in its file',
    { miner: { connection: 'unauthorized', loginMatches: false } },
    'miner-1',
    'unauthorized',
    'its configuration has another login than davy.json',
  ],
  [
    'miner: its alternative is gone',
    { miner: { ...down(7), alternative: true } },
    'miner-1',
    'process_down',
    'its alternative is in use',
  ],
  [
    'miner: cut off',
    { miner: { connection: 'unreachable' } },
    'miner-1',
    'pool_unreachable',
    'it says that it cannot reach the pool',
  ],
  [
    'miner: rejected',
    { miner: { recentShares: { accepted: 5, rejected: 5 } } },
    'miner-1',
    'high_rejects',
    '5 of its last 10 shares were rejected',
  ],
  [
    'miner: silent',
    { miner: { silentSeconds: 21 } },
    'miner-1',
    'no_shares',
    'no share was accepted for 21 s; one every 1.0 s was to be expected',
  ],
];

test.each(RULES)('%s', expectFinding);
