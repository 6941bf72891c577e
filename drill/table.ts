import { duration } from '../core/words/text.ts';
import { median } from './clock.ts';
import type { DrillResult, Trial } from './result.ts';

export const HEADINGS = [
  'fault',
  'diagnosed',
  'actions',
  'detected after',
  'works after',
  'floor',
  'ratio',
  'outcome',
] as const;

/** A result as one row of the table. */
export function rowOf(result: DrillResult): string[] {
  const { fault, skipped, trials, floorsMs } = result;
  if (skipped !== null) return [fault, '', '', '', '', '', '', `not provoked: ${skipped}`];
  const measured = (pick: (trial: Trial) => number | null) =>
    median(trials.map(pick).filter((value) => value !== null));
  const provenMs = measured(({ provenMs }) => provenMs);
  const floorMs = median(floorsMs);
  const last = trials.at(-1);
  return [
    fault,
    list(trials.flatMap(({ diagnosed }) => diagnosed)),
    list(last?.actions ?? []),
    took(measured(({ detectedMs }) => detectedMs)),
    took(provenMs),
    took(floorMs),
    ratioOf(result)?.toFixed(2) ?? '',
    outcome(result),
  ];
}

/** Median against median: how much longer than a bare script it took. */
export function ratioOf({ trials, floorsMs }: DrillResult): number | null {
  const provenMs = median(trials.map(({ provenMs }) => provenMs).filter((value) => value !== null));
  const floorMs = median(floorsMs);
  return provenMs === null || floorMs === null ? null : provenMs / floorMs;
}

function outcome({ asExpected, trials }: DrillResult): string {
  const seen = list(
    trials.map(({ outcome, escalation }) => (escalation ? `${outcome} (${escalation.reason})` : outcome)),
  );
  if (asExpected) return `${seen}, as expected`;
  return `${seen}, NOT as expected: ${list(trials.flatMap(({ problems }) => problems))}`;
}

function list(values: readonly string[]): string {
  return [...new Set(values)].join(', ');
}

function took(ms: number | null): string {
  return ms === null ? '' : duration(ms);
}
