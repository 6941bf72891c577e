import { expect, test } from 'vitest';
import { loadPipeline } from '../../core/pipeline.ts';
import { loaded } from './fixtures/pipelines.ts';
import document from './fixtures/upstream-shape.json' with { type: 'json' };
import { Walk } from './fixtures/walk.ts';

const STAGES_TO_POOL = ['daemon_started', 'wallet_funded', 'pool_started'];
const beforeVerify = () =>
  new Walk(loaded(document)).decide('dependencies_ok', 'configs_generated', ...STAGES_TO_POOL);

test("a user's file loads unchanged: no problem, no warning, nothing lost", () => {
  const result = loadPipeline(document);
  expect(result).toMatchObject({ ok: true, warnings: [], pipeline: document });
});

test('a recovery returns to the daemon, and the incident stays open until its own stage passes', () => {
  const walk = beforeVerify().decide('connection_failed').heal();
  expect(walk.state).toMatchObject({ status: 'running', work: { stageId: 'start_daemon', purpose: 'flow' } });
  walk.decide(...STAGES_TO_POOL);
  expect(walk.written('incident_resolved')).toEqual([]);
  walk.decide('connection_verified');
  expect(walk.written('incident_resolved')).toHaveLength(1);
  expect(walk.decide('miner_configured', 'complete').state).toMatchObject({ status: 'succeeded' });
});

test('a stage that the return would skip is checked again first', () => {
  const walk = new Walk(loaded(document)).decide('dependencies_ok', 'config_generation_failed').heal();
  expect(walk.state).toMatchObject({ work: { stageId: 'generate_configs', purpose: 'recheck' } });
  expect(walk.decide('configs_generated').state).toMatchObject({ work: { stageId: 'start_daemon' } });
});

test('an installation that fails is checked again too, not skipped', () => {
  const walk = new Walk(loaded(document)).decide('missing_dependencies', 'installation_failed').heal();
  expect(walk.state).toMatchObject({ work: { stageId: 'install_dependencies', purpose: 'recheck' } });
});

test('a recovery that only claims success escalates after its budget, however far the flow gets between', () => {
  const walk = beforeVerify();
  for (let claims = 0; claims < 4; claims++)
    walk
      .decide('connection_failed')
      .heal()
      .decide(...STAGES_TO_POOL);
  walk.decide('connection_failed');
  expect(walk.state).toMatchObject({ status: 'escalated', outcome: 'recovery_failed' });
  expect(walk.written('recovery_attempt_opened').map(({ work }) => work.delaySeconds)).toEqual([
    0, 10, 30, 60,
  ]);
});

test('every stage that can fail is repaired on the way, and the run still ends well', () => {
  const walk = new Walk(loaded(document)).decide('missing_dependencies', 'all_dependencies_installed');
  for (const [fails, passes] of [
    ['daemon_failed', 'daemon_started'],
    ['funding_failed', 'wallet_funded'],
    ['pool_failed', 'pool_started'],
    ['connection_failed', 'connection_verified'],
    ['miner_config_failed', 'miner_configured'],
    ['validation_failed', 'complete'],
  ] as const) {
    if (walk.visited.length === 3) walk.decide('configs_generated');
    walk.decide(fails).heal();
    const again = [
      'daemon_started',
      'wallet_funded',
      'pool_started',
      'connection_verified',
      'miner_configured',
    ];
    const upTo = again.indexOf(passes);
    walk.decide(...(upTo === -1 ? again : again.slice(0, upTo)), passes);
  }
  expect(walk.state).toMatchObject({ status: 'succeeded', outcome: 'complete' });
  expect(walk.written('incident_opened')).toHaveLength(6);
  expect(walk.written('incident_resolved')).toHaveLength(6);
});
