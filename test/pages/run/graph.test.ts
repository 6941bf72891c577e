import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { placed } from '../../../api/pages/run/graph/layout.ts';
import { graphOf } from '../../../api/pages/run/graph/model.ts';
import { pipelineSchema } from '../../../core/pipeline.ts';
import type { Incident, RecoveryAttempt, RunHistory, StageAttempt } from '../../../db/history.ts';

const shipped = (name: string) =>
  pipelineSchema.parse(
    JSON.parse(readFileSync(new URL(`../../../pipelines/${name}.json`, import.meta.url), 'utf8')),
  );

const attempt = (stageId: string, decision: string | null, more: Partial<StageAttempt> = {}) =>
  ({
    id: `${stageId}-${more.number ?? 1}`,
    stageId,
    decision,
    purpose: 'flow',
    status: 'succeeded',
    ...more,
  }) as StageAttempt;

const none: RunHistory = { stageAttempts: [], recoveryAttempts: [], incidents: [] };
const active = { currentStage: null, isRecovering: false, isWaiting: false, finished: false };

const takenOf = ({ edges }: ReturnType<typeof graphOf>) =>
  edges.filter(({ taken }) => taken > 0).map(({ from, to, taken }) => `${from} ${to} ${taken}`);

test('the way through the flow, its loop through the recovery included', () => {
  const graph = graphOf({
    ...active,
    pipeline: shipped('mining-infrastructure-setup'),
    currentStage: 'configure_miner',
    history: {
      ...none,
      stageAttempts: [
        attempt('start_pool', 'pool_started'),
        attempt('verify_pool_daemon', 'connection_failed', { status: 'failed' }),
        attempt('recover_infrastructure', 'recovery_successful'),
        attempt('verify_pool_daemon', 'connection_verified', { number: 2 }),
        attempt('configure_miner', null, { status: 'running' }),
      ],
    },
  });
  expect(takenOf(graph).sort()).toEqual([
    'recover_infrastructure verify_pool_daemon 1',
    'start_pool verify_pool_daemon 1',
    'verify_pool_daemon configure_miner 1',
    'verify_pool_daemon recover_infrastructure 1',
  ]);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  expect(nodes.get('configure_miner')).toMatchObject({ status: 'running', isCurrent: true });
  expect(nodes.get('verify_pool_daemon')).toMatchObject({
    status: 'succeeded',
    attempts: 2,
    attemptId: 'verify_pool_daemon-2',
  });
  expect([nodes.get('end:succeeded')?.status, nodes.get('end:escalated')?.status]).toEqual([
    'pending',
    'pending',
  ]);
  const loop = graph.edges.find(
    ({ from, to }) => from === 'recover_infrastructure' && to === 'verify_pool_daemon',
  );
  expect(loop?.decisions).toEqual([
    { choice: 'recovery_successful', isTaken: true },
    { choice: 'environment_reset', isTaken: false },
  ]);
});

test('a recovery that the flow knows nothing of is there where one was made', () => {
  const incident = { id: 'i', stageId: 'start_daemon', status: 'open' } as Incident;
  const graph = graphOf({
    ...active,
    pipeline: shipped('full-mining-cycle'),
    currentStage: 'start_daemon',
    isRecovering: true,
    isWaiting: true,
    history: {
      stageAttempts: [attempt('start_daemon', null, { status: 'failed' })],
      incidents: [incident],
      recoveryAttempts: [{ id: 'a', incidentId: 'i', outcome: 'failed' } as RecoveryAttempt],
    },
  });
  expect(graph.nodes.filter(({ isCurrent }) => isCurrent)).toMatchObject([
    { id: 'recovery:start_daemon', kind: 'recovery', isWaiting: true, attempts: 1 },
  ]);
  expect(takenOf(graph)).toEqual(['start_daemon recovery:start_daemon 1']);
});

test('a run of the watch begins behind the finding that called for it', () => {
  const graph = graphOf({
    ...active,
    pipeline: shipped('mining-stack-recovery'),
    history: { ...none, stageAttempts: [attempt('recover', null, { status: 'running' })] },
  });
  expect(takenOf(graph)).toEqual(['check_health recover 1']);
});

test('a drawing has every stage apart from the others, and every way with a line', () => {
  for (const name of ['mining-infrastructure-setup', 'full-mining-cycle', 'mining-stack-recovery']) {
    const { nodes, edges, width, height } = placed(
      graphOf({ ...active, pipeline: shipped(name), history: none }),
    );
    for (const [index, node] of nodes.entries()) {
      expect(node.x - node.width / 2).toBeGreaterThanOrEqual(0);
      expect([node.x + node.width / 2 <= width, node.y + node.height / 2 <= height]).toEqual([true, true]);
      for (const other of nodes.slice(index + 1)) {
        const apart =
          Math.abs(node.x - other.x) >= (node.width + other.width) / 2 ||
          Math.abs(node.y - other.y) >= (node.height + other.height) / 2;
        expect(apart, `${name}: ${node.id} and ${other.id}`).toBe(true);
      }
    }
    expect(edges.every(({ points }) => points.length >= 2)).toBe(true);
  }
});
