import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isMutating, loadPipeline } from '../../core/pipeline.ts';
import { loaded } from './fixtures/pipelines.ts';
import { Walk } from './fixtures/walk.ts';

const FOLDER = fileURLToPath(new URL('../../pipelines', import.meta.url));
const read = (file: string): unknown => JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));

describe('every shipped pipeline', () => {
  test.each(files)('%s loads without problems, every stage reachable, under its own name', (file) => {
    const result = loadPipeline(read(file));
    expect(result).toMatchObject({ ok: true, pipeline: { id: file.replace(/\.json$/, '') } });
    expect(result.warnings.filter(({ path }) => /^stages\[\d+\]$/.test(path))).toEqual([]);
  });
});

test('the health check only looks; the others hold their environment', () => {
  const looking = files.filter((file) => !isMutating(loaded(read(file))));
  expect(looking).toEqual(['mining-health-check.json']);
});

test('the setup recovers as the specification draws it', () => {
  const setup = loaded(read('mining-infrastructure-setup.json'));
  const walk = new Walk(setup).decide(
    'missing_dependencies',
    'all_dependencies_installed',
    'configs_generated',
    'daemon_started',
    'wallet_funded',
    'pool_started',
    'connection_failed',
  );
  walk.heal().decide('connection_failed').heal(true);
  walk.decide('connection_verified', 'miner_configured', 'complete');
  expect(walk.state).toMatchObject({ status: 'succeeded', outcome: 'complete' });
  expect(walk.visited.slice(6)).toEqual([
    'verify_pool_daemon',
    'recover_infrastructure',
    'verify_pool_daemon',
    'recover_infrastructure',
    'verify_pool_daemon',
    'configure_miner',
    'infrastructure_ready',
  ]);
});

test('a cycle that knows only success recovers all the same, stage by stage', () => {
  const cycle = loaded(read('full-mining-cycle.json'));
  const walk = new Walk(cycle);
  for (const stage of cycle.stages)
    walk
      .breakDown()
      .heal()
      .decide(stage.decisions[0]?.choice ?? '');
  expect(walk.state).toMatchObject({ status: 'succeeded', outcome: 'reward_credited' });
  expect(walk.written('incident_resolved')).toHaveLength(cycle.stages.length);
});

test.each([
  ['healthy', 'succeeded'],
  ['unhealthy', 'failed'],
])('a health check that finds the stack %s %s', (decision, status) => {
  const walk = new Walk(loaded(read('mining-health-check.json'))).decide(decision);
  expect(walk.state).toMatchObject({ status, outcome: decision });
});
