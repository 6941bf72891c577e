import type { RunView } from '../client/run-view.ts';
import { changes } from './changes.ts';
import { table } from './table.ts';

/** A run on a page of a terminal: its stages as a table, then what happened. */
export function describeRun(run: RunView): string[] {
  const [head = '', ...happened] = changes(null, run);
  const stages = run.stages.map(({ id, status, attempts, decision }) => [
    id,
    status,
    `${attempts}`,
    decision ?? '',
  ]);
  return [
    `${head}: ${run.status}`,
    '',
    ...table(['stage', 'status', 'attempts', 'decision'], stages),
    ...(happened.length === 0 ? [] : ['', ...happened]),
  ];
}
