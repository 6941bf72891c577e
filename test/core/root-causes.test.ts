import { describe, expect, test } from 'vitest';
import { diagnose } from '../../core/diagnosis.ts';
import { rootCauses, summarized } from '../../core/root-causes.ts';
import { down, frozen, heldBy, stackWith, type Trouble } from './fixtures/observation.ts';

const killed = down(null, 'SIGKILL');
const deadDaemon = { ...killed, rpc: { kind: 'refused', detail: 'ECONNREFUSED' }, template: null } as const;
const stale = { stratum: { kind: 'working', previousBlockHash: '00', difficulty: 1 } } as const;
const silent = { stratum: { kind: 'silent', step: 'subscribe', detail: '' } } as const;
const jobless = { stratum: { kind: 'no_job', step: 'notify', detail: '' } } as const;
const rejected = { recentShares: { accepted: 0, rejected: 10 } };

const causesOf = (trouble: Trouble) => {
  const observation = stackWith(trouble);
  return rootCauses(diagnose(observation), observation);
};
const named = (trouble: Trouble) =>
  causesOf(trouble).map(({ component, failure }) => `${component}: ${failure}`);

describe('a cause and its symptoms are one cause', () => {
  test.each<[string, Trouble, string]>([
    ['a pool that lost its dead daemon', { daemon: deadDaemon, pool: jobless }, 'daemon: process_down'],
    ['a pool made deaf by its daemon', { daemon: deadDaemon, pool: silent }, 'daemon: process_down'],
    [
      'old work, of a daemon that lost blocks',
      { daemon: { knownHeight: 200 }, pool: stale },
      'daemon: chain_rolled_back',
    ],
    [
      'a miner without its pool',
      { pool: killed, miner: { connection: 'unreachable' } },
      'pool: process_down',
    ],
    ['shares rejected by a pool on old work', { pool: stale, miner: rejected }, 'pool: stale_work'],
    ['shares rejected while the daemon hangs', { daemon: frozen, miner: rejected }, 'daemon: rpc_timeout'],
    ['silence behind a deaf pool', { pool: silent, miner: { silentSeconds: 600 } }, 'pool: stratum_deaf'],
    [
      'a login that only a living daemon could check',
      { daemon: deadDaemon, pool: jobless, miner: { connection: 'unauthorized' } },
      'daemon: process_down',
    ],
    [
      'a pool that ended in good order without its daemon',
      { daemon: deadDaemon, pool: down(0) },
      'daemon: process_down',
    ],
    [
      'the whole stack, where the disk is full',
      { resources: { diskFreeBytes: 0 }, daemon: deadDaemon, pool: killed, miner: killed },
      'environment: resource_exhausted',
    ],
    [
      'the whole stack, where the daemon says that the disk is full',
      {
        daemon: { ...down(1), startFailure: { cause: 'resource_exhausted', line: 'Disk space is too low!' } },
        pool: killed,
      },
      'daemon: resource_exhausted',
    ],
  ])('%s', (_, trouble, cause) => {
    expect(named(trouble)).toEqual([cause]);
  });

  test('a daemon without peers, whose peer is down', () => {
    const observation = stackWith({ daemon: { template: { kind: 'error', code: -9, detail: '-9' } } });
    const [main] = observation.daemons;
    if (!main) throw new Error('no daemon');
    const peer = { ...main, ...killed, component: 'peer-1', peer: true, template: null };
    const whole = { ...observation, daemons: [peer, main] };
    expect(diagnose(whole)).toHaveLength(2);
    expect(rootCauses(diagnose(whole), whole)).toMatchObject([{ component: 'peer-1' }]);
  });
});

describe('causes that have nothing to do with each other', () => {
  test.each<[string, Trouble, string[]]>([
    [
      'two processes that are gone',
      { daemon: deadDaemon, pool: killed },
      ['daemon: process_down', 'pool: process_down'],
    ],
    [
      'all three, and no symptom among them',
      { daemon: deadDaemon, pool: killed, miner: killed },
      ['daemon: process_down', 'pool: process_down', 'miner-1: process_down'],
    ],
    [
      'a frozen pool is not deaf for its daemon',
      { daemon: deadDaemon, pool: { ...frozen, ...silent } },
      ['daemon: process_down', 'pool: stratum_deaf'],
    ],
    [
      "a taken port is nobody else's fault",
      { daemon: deadDaemon, pool: { ...silent, stratumPort: heldBy(3333, 'foreign') } },
      ['daemon: process_down', 'pool: stratum_port_conflict'],
    ],
    [
      'a miner killed beside a deaf pool',
      { pool: silent, miner: killed },
      ['pool: stratum_deaf', 'miner-1: process_down'],
    ],
    [
      'a pool that ended with an error',
      { daemon: deadDaemon, pool: down(1) },
      ['daemon: process_down', 'pool: process_down'],
    ],
  ])('%s', (_, trouble, causes) => {
    expect(named(trouble)).toEqual(causes);
  });
});

describe('what an incident is filed under', () => {
  test('one cause: itself', () => {
    const [cause] = causesOf({ pool: killed });
    expect(summarized(causesOf({ pool: killed }))).toEqual(cause);
    expect(summarized([])).toBeNull();
  });

  test('several: the cascade, with each by name, since the first of them', () => {
    expect(
      summarized(causesOf({ daemon: deadDaemon, pool: killed, miner: { connection: 'unreachable' } })),
    ).toEqual({
      component: 'environment',
      role: 'environment',
      failure: 'cascading',
      evidence: [
        'daemon: process_down (its process was ended by SIGKILL; it listens on port 18443 itself)',
        'pool: process_down (its process was ended by SIGKILL; it listens on port 3333 itself)',
      ],
      occurredAt: '2026-01-01T00:00:00.000Z',
    });
  });
});
