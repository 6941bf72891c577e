import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../core/run.ts';
import type { IncidentFindings } from '../../db/changes.ts';
import { releaseRun, renewLease, takeOverLeases } from '../../db/claims.ts';
import type { Run } from '../../db/runs.ts';
import { saveBegin, saveTransition } from '../../db/transitions.ts';
import { claim, claimantOf, claimed, everything, type World, world, written } from './fixtures/world.ts';

const escalation = { reason: 'crash_loop', detail: 'no progress' } as const;
const EVENTS: RunEvent[] = [
  { type: 'stage_decided', decision: 'daemon_started' },
  { type: 'stage_failed', failure: { code: 'timeout', message: 'too late' } },
  { type: 'cancelled' },
  { type: 'abandoned', escalation },
];

/** Everything that a worker writes for a run, as it would have written it under its claim. */
async function writeAll({ database }: World, run: Run): Promise<unknown[]> {
  const findings: IncidentFindings = {
    component: 'pool',
    failure: 'unknown',
    evidence: ['late'],
    occurredAt: null,
  };
  const saved = [
    await saveBegin(database, written(run, { type: 'begun' })),
    await renewLease(database, run.id, run.epoch),
  ];
  for (const event of EVENTS)
    saved.push(
      (await saveTransition(database, {
        ...written(run, event),
        details: { evidence: { late: true } },
        findings,
      })) !== null,
    );
  await releaseRun(database, { runId: run.id, epoch: run.epoch, counts: true });
  return saved;
}

describe('a claim that is lost writes nothing at all', () => {
  test.each<[string, (here: World, run: Run) => Promise<unknown>]>([
    [
      'to another worker',
      async (here, run) => {
        await here.sql`update runs set lease_until = now() - interval '1 second'`;
        await claim({ ...here, claimant: claimantOf('worker-2', here.environmentId) }, run.id);
      },
    ],
    [
      'to another worker, which went on to recovery',
      async (here, run) => {
        await here.sql`update runs set owner = null`;
        const again = await claim({ ...here, claimant: claimantOf('worker-2', here.environmentId) }, run.id);
        await saveTransition(
          here.database,
          written(again, { type: 'stage_failed', failure: { code: 'x', message: 'x' } }),
        );
        await claim({ ...here, claimant: claimantOf('worker-2', here.environmentId) }, run.id);
      },
    ],
    [
      'to whoever holds the fence',
      ({ database, environmentId }) => takeOverLeases(database, claimantOf('worker-2', environmentId)),
    ],
    [
      'by its own transition',
      ({ database }, run) => saveTransition(database, written(run, EVENTS[0] ?? { type: 'cancelled' })),
    ],
    ['by its own end', ({ database }, run) => saveTransition(database, written(run, { type: 'cancelled' }))],
  ])('%s', async (_, lose) => {
    const here = await world();
    const run = await claimed(here);
    await lose(here, run);
    const before = await everything(here);
    const saved = await writeAll(here, run);
    expect(saved).toEqual(saved.map(() => false));
    expect(await everything(here)).toEqual(before);
  });
});
