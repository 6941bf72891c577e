import { expect, test } from 'vitest';
import { type Row, rowsOf } from '../../../api/pages/run/rows.ts';
import { scaleOf } from '../../../api/pages/run/scale.ts';
import { pipelineSchema } from '../../../core/pipeline.ts';
import type { RecoveryAttempt, StageAttempt } from '../../../db/history.ts';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const at = (ms: number | null) => (ms === null ? null : new Date(START + ms));

const pipeline = pipelineSchema.parse({
  id: 'p',
  name: 'P',
  stages: [
    { id: 'one', name: 'One', agent: 'pool_server_manager', decisions: [{ choice: 'pool_started' }] },
    {
      id: 'heal',
      name: 'Heal',
      agent: 'error_recovery_agent',
      decisions: [{ choice: 'recovery_successful' }],
    },
  ],
  flow: { connections: [] },
});

function stage(id: string, stageId: string, from: number | null, to: number | null): StageAttempt {
  return {
    id,
    runId: 'r',
    stageId,
    number: 1,
    purpose: 'flow',
    status: to === null ? 'running' : 'succeeded',
    decision: null,
    error: null,
    evidence: {},
    createdAt: new Date(START),
    startedAt: at(from),
    finishedAt: at(to),
  };
}

function recovery(id: string, createdAt: number, from: number | null, to: number | null, delaySeconds = 0) {
  return {
    id,
    runId: 'r',
    incidentId: 'i',
    stageId: 'heal',
    number: 1,
    mode: 'targeted',
    delaySeconds,
    strategy: null,
    actions: [],
    outcome: to === null ? null : 'failed',
    reason: null,
    evidence: {},
    createdAt: new Date(START + createdAt),
    startedAt: at(from),
    finishedAt: at(to),
  } satisfies RecoveryAttempt;
}

function rows(
  stageAttempts: StageAttempt[],
  recoveryAttempts: RecoveryAttempt[],
  { nowMs = 100_000, nextAttemptAt = null as number | null } = {},
): Row[] {
  const history = { stageAttempts, recoveryAttempts, incidents: [] };
  const run = { createdAt: new Date(START), nextAttemptAt: at(nextAttemptAt), finishedAt: null };
  return rowsOf({ run, pipeline, history, notes: new Map() }, START + nowMs);
}

const spans = (all: readonly Row[]) =>
  all.map(({ work, wait }) => [work, wait].map((span) => span && [span.from - START, span.to - START]));

test('attempts of both kinds are in one order, each with its work and the wait before it', () => {
  const seen = rows(
    [stage('1', 'one', 2_000, 3_000), stage('2', 'heal', 3_000, null)],
    [
      recovery('3', 3_000, 3_000, 4_000),
      recovery('4', 4_000, 14_000, 15_000, 10),
      recovery('5', 15_000, null, null, 30),
    ],
    { nextAttemptAt: 45_000, nowMs: 20_000 },
  );
  expect(spans(seen)).toEqual([
    [
      [2_000, 3_000],
      [0, 2_000],
    ],
    [[3_000, 20_000], null],
    [[3_000, 4_000], null],
    [
      [14_000, 15_000],
      [4_000, 14_000],
    ],
    [null, [15_000, 45_000]],
  ]);
  expect(seen.map(({ status }) => status)).toEqual(['succeeded', 'running', 'failed', 'failed', 'pending']);
});

test('work keeps its proportions on the axis, and a long wait does not squeeze it', () => {
  const seen = rows(
    [stage('1', 'one', 0, 1_000), stage('2', 'heal', 1_000, 64_000)],
    [recovery('3', 1_000, 1_000, 3_000), recovery('4', 3_000, 63_000, 64_000, 60)],
  );
  const scale = scaleOf(seen);
  const width = (from: number, to: number) => scale(START + to) - scale(START + from);
  expect([scale(START), scale(START + 64_000)]).toEqual([0, 100]);
  expect(width(1_000, 3_000)).toBeCloseTo(2 * width(0, 1_000));
  expect(width(63_000, 64_000)).toBeCloseTo(width(0, 1_000));
  expect(width(3_000, 63_000)).toBeLessThan(25);
  expect(width(3_000, 33_000)).toBeCloseTo(width(33_000, 63_000));
});

test('an axis without any time on it is one point', () => {
  expect(scaleOf([])(START)).toBe(0);
  expect(scaleOf(rows([stage('1', 'one', 0, 0)], []))(START)).toBe(0);
});
