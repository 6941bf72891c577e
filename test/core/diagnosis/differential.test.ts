import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contradictingFact, ruledOut } from '../../../core/diagnosis/differential.ts';
import { diagnose } from '../../../core/diagnosis.ts';
import { rootCauses } from '../../../core/root-causes.ts';
import { down, frozen, heldBy, stackWith, type Trouble } from '../fixtures/observation.ts';

/** What is ruled out for the first cause, as sentences. */
function told(trouble: Trouble): string[] {
  const observation = stackWith(trouble);
  const [cause] = rootCauses(diagnose(observation), observation);
  if (!cause) throw new Error('nothing is wrong');
  return ruledOut(cause, observation).map(
    ({ component, failure, fact }) => `${component}: ${failure}: ${fact}`,
  );
}

test('a finding is told with what it was not, and the fact that says so', () => {
  expect(
    told({
      pool: {
        stratum: { kind: 'refused', step: 'connect', detail: '' },
        stratumPort: heldBy(3333, 'nobody'),
      },
    }),
  ).toEqual([
    'daemon: rpc_refused: its RPC answers: height 120',
    'pool: process_down: its process 200 is running',
    'pool: stratum_port_conflict: nobody listens on port 3333',
    'pool: bad_config: it has started',
  ]);
  expect(
    told({
      daemon: { ...down(null, 'SIGKILL'), rpc: null, template: null, rpcPort: heldBy(18_443, 'nobody') },
    }),
  ).toEqual([
    'daemon: rpc_refused: its process was ended by SIGKILL',
    'daemon: port_conflict: nobody listens on port 18443',
    'daemon: stale_lock: no lock file was left behind',
    'daemon: lock_held: its output says nothing of it',
    'daemon: data_corrupt: its output says nothing of it',
    'daemon: bad_config: its output says nothing of it',
    'daemon: resource_exhausted: 50.0 GB of disk are free, and 40 % of the memory is in use',
  ]);
  expect(told({ miner: { connection: 'unauthorized', loginMatches: false } })).toEqual([
    'pool: stratum_deaf: it hands out work',
    'miner-1: process_down: its process 300 is running',
    'miner-1: pool_unreachable: the pool answers it',
  ]);
});

test('what nothing speaks against is not ruled out', () => {
  const silent = { stratum: { kind: 'silent', step: 'subscribe', detail: '' } } as const;
  const rpc = { kind: 'refused', detail: 'ECONNREFUSED' } as const;
  expect(told({ pool: { ...silent, daemonCredentialsAccepted: null } }).join()).not.toContain(
    'rpc_unauthorized',
  );
  const refused = stackWith({ daemon: { rpc, template: null }, pool: silent });
  expect(contradictingFact({ component: 'daemon', failure: 'rpc_refused' }, refused)).toBeNull();
  expect(contradictingFact({ component: 'nobody', failure: 'process_down' }, refused)).toBeNull();
});

const sometimes = (...values: unknown[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const failed = (kind: string) => ({ kind, step: 'subscribe', detail: 'what it said' });

/** Stacks with any mixture of troubles, also of such as do not come together. */
const troubles = fc.record({
  daemon: fc.record({
    process: sometimes(down(1).process, down(null, 'SIGKILL').process, frozen.process),
    rpcPort: sometimes(heldBy(18_443, 'foreign'), heldBy(18_443, 'nobody')),
    rpc: sometimes(...['refused', 'unauthorized', 'timeout', 'warming_up', 'malformed'].map(failed), null),
    template: sometimes(
      null,
      ...[-8, -9, -10, null].map((code) => ({ kind: 'error', code, detail: `${code}` })),
    ),
    knownHeight: sometimes(119, 130),
    startFailure: sometimes(
      ...['lock_held', 'data_corrupt', 'bad_config', 'bad_settings'].map((cause) => ({ cause, line: cause })),
    ),
    staleLocks: sometimes(['/a.lock']),
  }),
  pool: fc.record({
    process: sometimes(down(1).process, frozen.process),
    stratumPort: sometimes(heldBy(3333, 'foreign'), heldBy(3333, 'nobody')),
    stratum: sometimes(
      ...['refused', 'closed', 'silent', 'unauthorized', 'no_job'].map(failed),
      { kind: 'working', previousBlockHash: '00', difficulty: 1 },
      null,
    ),
    answersAt: sometimes('10.0.0.1:3333'),
    daemonCredentialsAccepted: sometimes(false, null),
    workRefused: sometimes('-8 rules'),
    startFailure: sometimes(
      { cause: 'bad_config', line: 'no' },
      { cause: 'resource_exhausted', line: 'full' },
    ),
  }),
  miner: fc.record({
    process: sometimes(down(1).process, frozen.process),
    pointsAtPort: sometimes(13_333, null),
    connection: sometimes('unreachable', 'unauthorized', 'unknown'),
    recentShares: sometimes({ accepted: 0, rejected: 10 }, { accepted: 5, rejected: 5 }),
    silentSeconds: sometimes(600, 16, null),
    startFailure: sometimes({ cause: 'bad_config', line: 'no' }),
    staleLocks: sometimes(['/b.lock']),
  }),
  resources: fc.record({ memoryUsedRatio: sometimes(0.95) }),
});

const known = (facts: object) =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));

test('no fact speaks against what is found', () => {
  fc.assert(
    fc.property(troubles, (mixture) => {
      const parts = Object.entries(mixture).map(([name, facts]) => [name, known(facts)]);
      const observation = stackWith(Object.fromEntries(parts) as Trouble);
      for (const finding of diagnose(observation))
        expect(`${finding.failure}: ${contradictingFact(finding, observation)}`).toBe(
          `${finding.failure}: null`,
        );
    }),
    { numRuns: 3_000 },
  );
});
