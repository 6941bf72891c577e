import { expect, test } from 'vitest';
import { type AttemptRow, givenUp, judge, type RunRow } from '../support/chaos/ledger.ts';
import type { Mark } from '../support/marks.ts';

const RUN: RunRow = { id: 'run', status: 'succeeded', outcome: 'marked', key: 'key', standing: '' };
const ACCEPTED = new Map([['key', new Set(['run'])]]);

function attempt(id: string, number = 1, status = 'succeeded'): AttemptRow {
  return { id, runId: 'run', stageId: 'stage_1', number, status };
}

function effectOf(attemptId: string): Mark[] {
  const stageId = 'stage_1';
  return [
    { word: 'begin', attemptId, stageId },
    { word: 'end', attemptId, stageId },
  ];
}

/** What is found wrong, by name, beside what was expected to be wrong in the first place. */
function wrong({
  runs = [RUN],
  attempts = [attempt('a')],
  accepted = ACCEPTED,
  marks = effectOf('a'),
}: {
  runs?: RunRow[];
  attempts?: AttemptRow[];
  accepted?: Map<string, Set<string>>;
  marks?: Mark[];
}): string[] {
  const findings = judge({ runs, attempts }, accepted, new Map([['/stack', marks]]));
  return Object.entries(findings)
    .filter(([, list]) => list.length > 0)
    .map(([name]) => name);
}

test('one effect for each attempt of each run that was asked for is as it should be', () => {
  expect(wrong({})).toEqual([]);
});

const [begin, end] = effectOf('a') as [Mark, Mark];
const [otherBegin, otherEnd] = effectOf('b') as [Mark, Mark];

test.each<[string, Parameters<typeof wrong>[0]]>([
  ['lost', { marks: [] }],
  ['lost', { marks: [begin] }],
  ['duplicated', { marks: [...effectOf('a'), ...effectOf('a')] }],
  ['unaccounted', { marks: [...effectOf('a'), ...effectOf('b')] }],
  [
    'unaccounted',
    { attempts: [attempt('a'), attempt('b', 2, 'failed')], marks: [begin, end, otherBegin, otherEnd] },
  ],
  ['overlapping', { attempts: [attempt('a'), attempt('b', 2)], marks: [begin, otherBegin, end, otherEnd] }],
  ['misnumbered', { attempts: [attempt('a', 2)] }],
  ['unfinished', { runs: [{ ...RUN, status: 'running', outcome: null }] }],
  ['unsuccessful', { runs: [{ ...RUN, status: 'escalated', outcome: 'recovery_failed' }] }],
  ['misplaced', { accepted: new Map([['key', new Set(['run', 'another'])]]) }],
  ['misplaced', { accepted: new Map([...ACCEPTED, ['second', new Set(['gone'])]]) }],
  ['unasked', { runs: [RUN, { ...RUN, id: 'own', key: null }] }],
])('%s is found', (name, facts) => {
  expect(wrong(facts)).toEqual([name]);
});

test('a run whose workers died again and again is given up, with the effects that it had', () => {
  const given = { runs: [{ ...RUN, status: 'escalated', outcome: 'crash_loop' }] };
  expect(wrong({ ...given, attempts: [attempt('a', 1, 'failed')] })).toEqual([]);
  expect(givenUp({ ...given, attempts: [] })).toHaveLength(1);
});
