import { describe, expect, test } from 'vitest';
import type { AttemptDetails, IncidentFindings } from '../../db/changes.ts';
import { saveBegin, saveTransition } from '../../db/transitions.ts';
import { atRecovery, decided, goThrough, healed, notHealed, rows } from './fixtures/course.ts';
import { claim, claimantOf, claimed, environment, rowOf, world, written } from './fixtures/world.ts';

const details: AttemptDetails = {
  strategy: 'pool-disconnection',
  actions: [
    { type: 'wait', component: 'pool', at: '2026-01-01T00:00:00.000Z', durationMs: 12, result: 'done' },
  ],
  evidence: { before: ['pool: stale_work'], after: [] },
};
const findings: IncidentFindings = {
  component: 'pool',
  failure: 'stale_work',
  evidence: ['its job is old'],
  occurredAt: '2020-01-01T00:00:00.000Z',
};

describe('a transition', () => {
  test('of a failed recovery keeps what was done and found, and waits by the clock of the database', async () => {
    const here = await world();
    const run = await atRecovery(here);
    await saveTransition(here.database, { ...written(run, notHealed), details, findings });
    const [wait] =
      await here.sql`select status, extract(epoch from next_attempt_at - updated_at)::float8 as seconds from runs`;
    expect(wait).toEqual({ status: 'waiting_retry', seconds: 10 });
    expect(await rows(here, 'recovery_attempts')).toMatchObject([
      { number: 1, outcome: 'failed', reason: 'still down', finished_at: expect.any(String), ...details },
      { number: 2, outcome: null, delay_seconds: 10, strategy: null, actions: [], started_at: null },
    ]);
    expect(await rows(here, 'incidents')).toMatchObject([
      {
        status: 'open',
        component: 'pool',
        failure: 'stale_work',
        evidence: ['its job is old'],
        resolved_at: null,
      },
    ]);
    const [{ at } = {}] = await here.sql`select extract(year from occurred_at)::int as at from incidents`;
    expect(at).toBe(2020);
  });

  test('tells nothing to the incident of another run', async () => {
    const here = await world();
    const attic = await environment(here.database, 'attic');
    const run = await atRecovery(here);
    const other = await atRecovery({
      ...here,
      environmentId: attic,
      claimant: claimantOf('worker-1', attic),
    });
    await saveTransition(here.database, { ...written(run, notHealed), findings });
    const known = Object.fromEntries(
      (await here.sql`select run_id, component from incidents`).map((row) => [row.run_id, row.component]),
    );
    expect(known).toEqual({ [run.id]: 'pool', [other.id]: null });
  });

  test('keeps the first finding of an incident', async () => {
    const here = await world();
    const run = await atRecovery(here);
    await saveTransition(here.database, { ...written(run, notHealed), details, findings });
    await here.sql`update runs set next_attempt_at = null`;
    const later: IncidentFindings = {
      ...findings,
      component: 'daemon',
      failure: 'process_down',
      evidence: [],
      occurredAt: null,
    };
    await saveTransition(here.database, { ...written(await claim(here, run.id), healed), findings: later });
    expect(await rows(here, 'incidents')).toMatchObject([
      { component: 'pool', failure: 'stale_work', status: 'open' },
    ]);
  });

  test('takes a failure to have happened when its stage began, where nobody knows better', async () => {
    const here = await world();
    const run = await goThrough(here, await claimed(here), decided('daemon_started'));
    await saveBegin(here.database, written(run, { type: 'begun' }));
    await here.sql`update stage_attempts set started_at = now() - interval '5 seconds' where stage_id = 'verify'`;
    const recovering = await goThrough(here, run, decided('connection_failed'));
    const happened = () =>
      here.sql`select occurred_at = (select min(started_at) from stage_attempts where stage_id = 'verify') as "asItBegan"
        from incidents`;
    expect(await happened()).toEqual([{ asItBegan: true }]);
    await saveTransition(here.database, {
      ...written(recovering, healed),
      findings: { ...findings, occurredAt: null },
    });
    expect(await happened()).toEqual([{ asItBegan: true }]);
  });

  test('takes no failure to have happened after it was seen', async () => {
    const here = await world();
    const run = await atRecovery(here);
    const late = { ...findings, occurredAt: '2999-01-01T00:00:00.000Z' };
    await saveTransition(here.database, { ...written(run, notHealed), findings: late });
    const [times] = await here.sql`select occurred_at = detected_at as same from incidents`;
    expect(times?.same).toBe(true);
  });

  test('closes the incident when its stage passes, and not before', async () => {
    const here = await world();
    const run = await goThrough(here, await atRecovery(here), healed);
    expect(await rows(here, 'incidents')).toMatchObject([{ status: 'open' }]);
    await goThrough(here, run, decided('connection_verified'));
    expect(await rows(here, 'incidents')).toMatchObject([
      { status: 'resolved', resolved_at: expect.any(String), escalation: null },
    ]);
  });
  test('that gives up opens the incident and escalates it in one', async () => {
    const here = await world();
    const escalation = { reason: 'crash_loop', detail: 'three claims, no progress' } as const;
    const run = await claimed(here);
    await saveTransition(here.database, written(run, { type: 'abandoned', escalation }));
    expect(await rowOf(here, run.id)).toMatchObject({ status: 'escalated', outcome: 'crash_loop' });
    expect(await rows(here, 'incidents')).toMatchObject([
      { status: 'escalated', escalation, raised: { code: 'crash_loop' }, resolved_at: expect.any(String) },
    ]);
  });
});

describe('what components say', () => {
  test.each([
    ['a NUL', 'before\u0000after', 'before\ufffdafter'],
    ['half a surrogate', 'half \ud83d here', 'half \ufffd here'],
    ['quotes, lines and signs', `'";--\n\t\u001b[31m€ 🪔 \\u0000`, `'";--\n\t\u001b[31m€ 🪔 \\u0000`],
  ])('may hold %s and is kept', async (_, line, kept) => {
    const here = await world();
    const run = await atRecovery(here);
    const outcome = { kind: 'failed', reason: line } as const;
    const details = { evidence: { log: [line] }, actions: [] };
    const findings: IncidentFindings = {
      component: 'pool',
      failure: 'unknown',
      evidence: [line],
      occurredAt: null,
    };
    await saveTransition(here.database, {
      ...written(run, { type: 'recovery_finished', outcome }),
      details,
      findings,
    });
    expect((await rows(here, 'recovery_attempts'))[0]).toMatchObject({
      reason: kept,
      evidence: { log: [kept] },
    });
    expect(await rows(here, 'incidents')).toMatchObject([{ evidence: [kept] }]);
  });
});
