import { test } from 'vitest';
import type { PoolFacts } from '../../../core/observation.ts';
import { down, frozen, heldBy } from '../fixtures/observation.ts';
import { CAUSES, expectFinding, type Rule, said } from '../fixtures/rules.ts';

const stratum = (kind: Exclude<NonNullable<PoolFacts['stratum']>['kind'], 'working'>) => ({
  stratum: { kind, step: 'connect', detail: `Stratum: ${kind}` } as const,
});

const RULES: Rule[] = [
  ['pool: gone', { pool: down() }, 'pool', 'process_down', 'its process is not running'],
  [
    'pool: port taken',
    { pool: { ...down(1), stratumPort: heldBy(3333, 'foreign') } },
    'pool',
    'stratum_port_conflict',
    'port 3333 is held by node (pid 4711)',
  ],
  ...CAUSES.map(
    (cause): Rule => [
      `pool: start failed, ${cause}`,
      { pool: { ...down(1), startFailure: said(cause) } },
      'pool',
      cause,
      `it said "the words of ${cause}"`,
    ],
  ),
  [
    'pool: port was taken',
    { pool: { ...down(1), startFailure: said('port_conflict') } },
    'pool',
    'process_down',
    'its process ended with exit code 1',
  ],
  [
    'pool: frozen',
    { pool: frozen },
    'pool',
    'stratum_deaf',
    'its process 100 is stopped (state T) and answers nobody',
  ],
  [
    'pool: alive, its port held by others',
    { pool: { ...stratum('malformed'), stratumPort: heldBy(3333, 'foreign') } },
    'pool',
    'stratum_port_conflict',
    'its process 200 is running',
  ],
  [
    'pool: alive, nobody listens',
    { pool: { ...stratum('refused'), stratumPort: heldBy(3333, 'nobody') } },
    'pool',
    'stratum_not_listening',
    'nobody listens on port 3333',
  ],
  ['pool: not asked', { pool: { stratum: null } }, 'pool', 'unknown', 'its Stratum port was not asked'],
  [
    'pool: works, and the daemon refuses it',
    { pool: { daemonCredentialsAccepted: false } },
    'pool',
    'rpc_unauthorized',
    'it still hands out work',
  ],
  [
    'pool: daemon refuses it',
    { pool: { ...stratum('no_job'), daemonCredentialsAccepted: false } },
    'pool',
    'rpc_unauthorized',
    'the daemon refuses the credentials in its configuration',
  ],
  [
    'pool: listens elsewhere',
    { pool: stratum('refused') },
    'pool',
    'stratum_unreachable',
    'Stratum: refused',
  ],
  [
    'pool: unreachable',
    { pool: stratum('unreachable') },
    'pool',
    'stratum_unreachable',
    'Stratum: unreachable',
  ],
  ['pool: closes', { pool: stratum('closed') }, 'pool', 'stratum_deaf', 'Stratum: closed'],
  ['pool: silent', { pool: stratum('silent') }, 'pool', 'stratum_deaf', 'Stratum: silent'],
  ['pool: nonsense', { pool: stratum('malformed') }, 'pool', 'stratum_deaf', 'Stratum: malformed'],
  [
    'pool: refuses the probe',
    { pool: stratum('unauthorized') },
    'pool',
    'bad_config',
    'Stratum: unauthorized',
  ],
  ['pool: no job', { pool: stratum('no_job') }, 'pool', 'daemon_lost', 'Stratum: no_job'],
  [
    'pool: old work',
    { pool: { stratum: { kind: 'working', previousBlockHash: 'bb', difficulty: 1 } } },
    'pool',
    'stale_work',
    'its job builds on bb, but',
  ],
];

test.each(RULES)('%s', expectFinding);
