import { test } from 'vitest';
import type { DaemonFacts } from '../../../core/observation.ts';
import { down, frozen, heldBy } from '../fixtures/observation.ts';
import { CAUSES, expectFinding, type Rule, said } from '../fixtures/rules.ts';

const rpc = (kind: Exclude<NonNullable<DaemonFacts['rpc']>['kind'], 'ok'>) => ({
  rpc: { kind, detail: `RPC: ${kind}` },
  template: null,
});
const template = (code: number | null) => ({
  template: { kind: 'error', code, detail: `error ${code}` } as const,
});

const RULES: Rule[] = [
  ['daemon: gone', { daemon: down() }, 'daemon', 'process_down', 'its process is not running'],
  [
    'daemon: killed',
    { daemon: down(null, 'SIGKILL') },
    'daemon',
    'process_down',
    'its process was ended by SIGKILL',
  ],
  ['daemon: ended', { daemon: down(1) }, 'daemon', 'process_down', 'its process ended with exit code 1'],
  [
    'daemon: RPC port taken',
    { daemon: { ...down(1), rpcPort: heldBy(18_443, 'foreign') } },
    'daemon',
    'port_conflict',
    'port 18443 is held by node (pid 4711)',
  ],
  [
    'daemon: P2P port taken',
    { daemon: { ...down(1), p2pPort: heldBy(18_444, 'foreign') } },
    'daemon',
    'port_conflict',
    'port 18444 is held by node (pid 4711)',
  ],
  ...CAUSES.map(
    (cause): Rule => [
      `daemon: start failed, ${cause}`,
      { daemon: { ...down(1), startFailure: said(cause) } },
      'daemon',
      cause,
      `it said "the words of ${cause}"`,
    ],
  ),
  [
    'daemon: port was taken',
    { daemon: { ...down(1), startFailure: said('port_conflict') } },
    'daemon',
    'process_down',
    'its process ended with exit code 1',
  ],
  [
    'daemon: frozen',
    { daemon: frozen },
    'daemon',
    'rpc_timeout',
    'its process 100 is stopped (state T) and answers nobody',
  ],
  ['daemon: not asked', { daemon: { rpc: null } }, 'daemon', 'unknown', 'its RPC was not asked'],
  ['daemon: refused', { daemon: rpc('refused') }, 'daemon', 'rpc_refused', 'RPC: refused'],
  [
    'daemon: refused, port held by others',
    { daemon: { ...rpc('refused'), rpcPort: heldBy(18_443, 'foreign') } },
    'daemon',
    'port_conflict',
    'port 18443 is held by node (pid 4711)',
  ],
  ['daemon: unreachable', { daemon: rpc('unreachable') }, 'daemon', 'rpc_refused', 'RPC: unreachable'],
  ['daemon: reset', { daemon: rpc('connection_reset') }, 'daemon', 'rpc_refused', 'RPC: connection_reset'],
  ['daemon: 401', { daemon: rpc('unauthorized') }, 'daemon', 'rpc_unauthorized', 'RPC: unauthorized'],
  ['daemon: silent', { daemon: rpc('timeout') }, 'daemon', 'rpc_timeout', 'RPC: timeout'],
  ['daemon: -28', { daemon: rpc('warming_up') }, 'daemon', 'warming_up', 'RPC: warming_up'],
  ['daemon: nonsense', { daemon: rpc('malformed') }, 'daemon', 'unknown', 'RPC: malformed'],
  ['daemon: an error', { daemon: rpc('error') }, 'daemon', 'unknown', 'RPC: error'],
  [
    'daemon: lower than before',
    { daemon: { knownHeight: 121 } },
    'daemon',
    'chain_rolled_back',
    'its chain ends at height 120, but 121 was seen before',
  ],
  [
    'daemon: template -8',
    { daemon: template(-8) },
    'daemon',
    'incompatible',
    'getblocktemplate answers error -8',
  ],
  [
    'daemon: template -9',
    { daemon: template(-9) },
    'daemon',
    'no_peers',
    'getblocktemplate answers error -9',
  ],
  [
    'daemon: template -10',
    { daemon: template(-10) },
    'daemon',
    'warming_up',
    'getblocktemplate answers error -10',
  ],
  [
    'daemon: template -28',
    { daemon: template(-28) },
    'daemon',
    'warming_up',
    'getblocktemplate answers error -28',
  ],
  ['daemon: template -1', { daemon: template(-1) }, 'daemon', 'unknown', 'getblocktemplate answers error -1'],
  [
    'daemon: template, no code',
    { daemon: template(null) },
    'daemon',
    'unknown',
    'getblocktemplate answers error null',
  ],
];

test.each(RULES)('%s', expectFinding);
