import { runStatusWord } from '../../core/words/run.ts';
import type { RunView } from '../client/run-view.ts';
import { table } from '../terminal/table.ts';
import { changes } from './changes.ts';
import { describeWait } from './waiting.ts';

/** A run on a page of a terminal: its stages as a table, then what happened. */
export function describeRun(run: RunView): string[] {
  const [head = '', ...happened] = changes(null, run);
  const stages = run.stages.map(({ id, status, attempts, decision }) => [
    id,
    status,
    `${attempts}`,
    decision ?? '',
  ]);
  const wait = describeWait(run);
  return [
    `${head}: ${run.status} (${runStatusWord(run.status)})`,
    ...(wait === null ? [] : [wait]),
    ...leftRunning(run),
    '',
    ...table(['stage', 'status', 'attempts', 'decision'], stages),
    ...(happened.length === 0 ? [] : ['', ...happened]),
  ];
}

/** What a cancelled run left behind, where somebody looked. */
function leftRunning({ status, leftRunning }: RunView): string[] {
  if (status !== 'cancelled' || !leftRunning) return [];
  return [leftRunning.length === 0 ? 'nothing was left running' : `left running: ${leftRunning.join(', ')}`];
}
