import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../core/diagnosis.ts';
import { down, stackWith, type Trouble } from '../fixtures/observation.ts';

const first = (trouble: Trouble) => {
  const [finding] = diagnose(stackWith(trouble));
  return finding ? `${finding.component}: ${finding.failure}` : 'healthy';
};

test('a stack in which work flows is healthy', () => {
  expect(diagnose(stackWith())).toEqual([]);
});

describe('what is not known is not guessed', () => {
  test.each([
    ['a miner whose hashrate nobody knows', { hashrate: null }],
    ['a miner that hashes nothing', { hashrate: 0 }],
    ['a miner whose silence nobody measured', { silentSeconds: null }],
    ['a miner that says nothing of its connection', { connection: 'unknown' as const }],
    ['a miner whose port nobody knows', { pointsAtPort: null }],
  ])('%s is not suspected', (_, miner) => {
    expect(first({ miner: { silentSeconds: 1e6, hashrate: null, ...miner } })).toBe('healthy');
  });

  test('credentials that nobody tried are not to blame', () => {
    const pool = {
      stratum: { kind: 'silent', step: 'subscribe', detail: '' },
      daemonCredentialsAccepted: null,
    } as const;
    expect(first({ pool })).toBe('pool: stratum_deaf');
  });
});

describe('a cause and its symptoms', () => {
  test('the lowest broken component comes first', () => {
    const findings = diagnose(
      stackWith({
        resources: { diskFreeBytes: 0 },
        daemon: { ...down(null, 'SIGKILL'), rpc: { kind: 'refused', detail: 'ECONNREFUSED' } },
        pool: { stratum: { kind: 'no_job', step: 'notify', detail: '' } },
        miner: { connection: 'unreachable' },
      }),
    );
    expect(findings.map(({ component, failure }) => `${component}: ${failure}`)).toEqual([
      'environment: resource_exhausted',
      'daemon: process_down',
      'pool: stratum_deaf',
      'miner-1: pool_unreachable',
    ]);
  });

  test('what should be stopped is not missed', () => {
    const { daemon, pool, miner } = { daemon: down(), pool: down(), miner: down() };
    expect(first({ miner: { ...miner, desired: 'stopped' } })).toBe('healthy');
    expect(first({ daemon, pool: { ...pool, desired: 'stopped' } })).toBe('daemon: process_down');
    expect(first({ daemon: { ...daemon, desired: 'stopped' }, pool })).toBe('pool: process_down');
  });

  test('a peer that is down is found, and is not the daemon of the pool', () => {
    const observation = stackWith();
    const [main] = observation.daemons;
    if (!main) throw new Error('no daemon');
    const peer = { ...main, ...down(), component: 'peer-1', peer: true, template: null };
    expect(diagnose({ ...observation, daemons: [peer, main] })).toMatchObject([
      { component: 'peer-1', failure: 'process_down' },
    ]);
    expect(() => diagnose({ ...observation, daemons: [peer] })).toThrow(RangeError);
  });
});

describe('when it happened', () => {
  test.each(['daemon', 'pool', 'miner'] as const)('is told by the end of the process of a %s', (role) => {
    expect(diagnose(stackWith({ [role]: down(null, 'SIGKILL') }))[0]).toMatchObject({
      occurredAt: '2026-01-01T00:00:00.000Z',
    });
  });

  test('is not told where nobody saw the end', () => {
    const [unseen] = diagnose(stackWith({ daemon: down() }));
    const [alive] = diagnose(stackWith({ miner: { connection: 'unreachable' } }));
    expect([unseen, alive].map((finding) => 'occurredAt' in (finding ?? {}))).toEqual([false, false]);
  });
});
