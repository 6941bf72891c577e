import { describe, expect, test } from 'vitest';
import { RUNS_CHANNEL } from '../../db/channels.ts';
import { saveTransition } from '../../db/transitions.ts';
import { atRecovery, decided, goThrough, rows } from './fixtures/course.ts';
import { claimed, rowOf, world, written } from './fixtures/world.ts';

describe('a transition', () => {
  test('closes the attempt with its evidence, opens the next, gives the claim back and calls', async () => {
    const here = await world();
    const heard: string[] = [];
    const listening = await here.database.listen(RUNS_CHANNEL, (payload) => heard.push(payload));
    const run = await claimed(here);
    const write = { ...written(run, decided('daemon_started')), details: { evidence: { height: 101 } } };
    expect(await saveTransition(here.database, write)).toEqual({ dispatch: 2, next: null });

    const row = await rowOf(here, run.id);
    expect(row).toMatchObject({
      status: 'running',
      current_stage: 'verify',
      outcome: null,
      dispatch: 2,
      epoch: 1,
      owner: null,
      lease_until: null,
      claims: 0,
      holds_environment: true,
      next_attempt_at: null,
    });
    expect(row.state).toEqual(write.transition.state);
    expect(await rows(here, 'stage_attempts')).toMatchObject([
      {
        stage_id: 'start',
        status: 'succeeded',
        decision: 'daemon_started',
        error: null,
        evidence: { height: 101 },
        finished_at: expect.any(String),
      },
      { stage_id: 'verify', number: 1, status: 'pending', evidence: {}, started_at: null, finished_at: null },
    ]);
    await expect.poll(() => heard).toContain(run.id);
    await listening.close();
  });

  test('writes its events in their order', async () => {
    const here = await world();
    await atRecovery(here);
    const events = (await here.sql`select type from events order by seq`).map(({ type }) => type);
    expect(events).toEqual([
      'stage_attempt_opened',
      'stage_attempt_closed',
      'stage_attempt_opened',
      'stage_attempt_closed',
      'incident_opened',
      'stage_attempt_opened',
      'stage_attempt_begun',
      'recovery_attempt_opened',
    ]);
  });

  test('into recovery opens the incident, its stage attempt at work, and the recovery attempt', async () => {
    const here = await world();
    const run = await atRecovery(here);
    expect(await rowOf(here, run.id)).toMatchObject({ status: 'recovering', current_stage: 'recover' });
    const [incident] = await rows(here, 'incidents');
    expect(incident).toMatchObject({
      run_id: run.id,
      environment_id: here.environmentId,
      stage_id: 'verify',
      status: 'open',
      component: null,
      failure: null,
      raised: { code: 'connection_failed' },
      evidence: [],
      escalation: null,
      resolved_at: null,
    });
    expect((await rows(here, 'stage_attempts')).at(-1)).toMatchObject({
      stage_id: 'recover',
      status: 'running',
      started_at: expect.any(String),
    });
    expect(await rows(here, 'recovery_attempts')).toMatchObject([
      {
        incident_id: (incident as { id: string }).id,
        stage_id: 'recover',
        number: 1,
        mode: 'targeted',
        delay_seconds: 0,
        outcome: null,
      },
    ]);
  });

  test('to the end frees the environment and says how it ended', async () => {
    const here = await world();
    const run = await goThrough(
      here,
      await claimed(here),
      decided('daemon_started'),
      decided('connection_verified'),
    );
    await saveTransition(here.database, written(run, decided('miner_configured')));
    expect(await rowOf(here, run.id)).toMatchObject({
      status: 'succeeded',
      outcome: 'miner_configured',
      current_stage: null,
      finished_at: expect.any(Date),
      holds_environment: false,
      owner: null,
    });
  });
});
