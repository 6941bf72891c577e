import { expect, test } from 'vitest';
import { runDrill, type TargetSource } from '../../drill/drill.ts';
import { FAULTS, faultNamed } from '../../drill/faults/index.ts';
import { needs } from '../support/packages.ts';
import { faultTargets } from './support.ts';

/** What fits a CI run; `davy drill --all` provokes all of them. */
const ORDINARY = [
  'daemon-killed',
  'daemon-p2p-port-taken',
  'pool-credentials-wrong',
  'pool-port-taken',
  'miner-astray',
  'all-killed',
];
const PROXIED = ['pool-garbage'];

test('every fault has a name of its own and at least 35 are there', () => {
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  expect(FAULTS.length).toBeGreaterThanOrEqual(35);
});

needs('litecoind').describe('faults on real processes', () => {
  test('come out as expected, with nothing lost', async () => {
    const { ordinary, proxied } = await faultTargets();
    await drilled(ordinary, ORDINARY);
    await drilled(proxied, PROXIED);
  }, 300_000);
});

async function drilled(source: TargetSource, names: readonly string[]): Promise<void> {
  const results = await runDrill({
    targets: [source],
    faults: names.map(known),
    rounds: { daemon: 1, pool: 1, miner: 1 },
    quietSeconds: 3,
    say: () => {},
  });
  for (const { fault, trials, skipped } of results)
    expect({ fault, skipped, problems: trials.map(({ problems }) => problems) }).toEqual({
      fault,
      skipped: null,
      problems: [[]],
    });
}

/** Without its floor: a test compares no times. */
function known(name: string) {
  const fault = faultNamed(name);
  if (!fault) throw new RangeError(`there is no fault called ${name}`);
  const { floor: _, ...rest } = fault;
  return rest;
}
