import { expect, test } from 'vitest';
import { systemClock } from '../../worker/clock.ts';
import { type EngineOptions, openEngine } from '../../worker/engine.ts';
import type { RunClaim } from '../../worker/run-claim.ts';

test('a run that the watch began is given back where the fence was lost while its claim was written', async () => {
  const released: unknown[] = [];
  const acts: string[] = [];
  const engine = openEngine({
    store: {
      leaseSeconds: 60,
      release: async (claim: unknown) => void released.push(claim),
      renew: async () => true,
    },
    work: {
      forbids: async () => {
        acts.push('looked');
        return null;
      },
    },
    registry: { stack: () => undefined },
    clock: systemClock,
    reach: () => {},
    log: () => {},
  } as unknown as EngineOptions);
  const run = {
    id: 'run-1',
    epoch: 1,
    claims: 1,
    environmentId: 'lab',
    state: { status: 'running', work: null },
  };
  await engine.carryOn({ run, begun: true } as unknown as RunClaim);
  expect(acts).toEqual([]);
  expect(released).toEqual([{ runId: 'run-1', epoch: 1, counts: false }]);
  expect(engine.underWay()).toEqual([]);
});
