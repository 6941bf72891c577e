import { expect, test } from 'vitest';
import { DavyError } from '../../core/errors.ts';
import type { Stage } from '../../core/pipeline.ts';
import type { RecordedAction } from '../../db/schema.ts';
import type { StageContext } from '../../worker/agents/agent.ts';
import { type RungContext, resetAll } from '../../worker/rungs.ts';
import { runStage } from '../../worker/stage.ts';

const away = new DavyError('database-unavailable', 'Postgres: connect ECONNREFUSED');
const isAway = () => Promise.reject(away);

const AGENTS_OF = {
  reset_environment: 'environment_manager',
  check_health: 'cycle_integration_tester',
};

function stageThat(action: keyof typeof AGENTS_OF, does: Partial<StageContext>): StageContext {
  const stage = { id: action, agent: AGENTS_OF[action], action, decisions: [] } as unknown as Stage;
  return { stage, signal: new AbortController().signal, ...does } as StageContext;
}

test.each([
  ['reset_environment', { reset: isAway }],
  ['check_health', { observe: isAway }],
] as const)('Postgres away is no failure of the stage %s', async (action, does) => {
  await expect(runStage(stageThat(action, does))).rejects.toBe(away);
});

test('Postgres away is no failure of a reset', async () => {
  const actions: RecordedAction[] = [];
  const context = { note: async () => {} } as unknown as RungContext;
  await expect(resetAll(isAway, context, actions)).rejects.toBe(away);
});

test('a query for which this machine has no descriptor left is one: waiting would not mend it', async () => {
  const cause = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' });
  const lacking = new DavyError('database-unavailable', 'Postgres: connect EMFILE', { cause });
  const observe = () => Promise.reject(lacking);
  const { event } = await runStage(stageThat('check_health', { observe }));
  expect(event).toMatchObject({ type: 'stage_failed', failure: { code: 'resource_exhausted' } });
});
