import { readable } from '../../../core/words/text.ts';
import type { Run } from '../../../db/runs.ts';
import { RunBadge } from './badge.tsx';
import { ToldTime } from './told-time.tsx';
import { took } from './took.ts';

/** Runs, the newest first. On a narrow screen a row becomes a small card. */
export function RunTable({ runs }: { runs: readonly { run: Run; environment: string }[] }) {
  if (runs.length === 0) return <p class="hint">There are none.</p>;
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col">State</th>
          <th scope="col">Stack</th>
          <th scope="col">Outcome</th>
          <th scope="col">Began</th>
          <th scope="col" class="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map(({ run, environment }) => (
          <tr id={`run-${run.id}`}>
            <th scope="row">
              <a href={`/runs/${run.id}`}>{run.pipelineName}</a>
              <span class="hint prompt">{run.userPrompt}</span>
            </th>
            <td>
              <RunBadge status={run.status} />
            </td>
            <td>
              {environment} <span class="hint">{run.host}</span>
            </td>
            <td>
              {run.outcome
                ? readable(run.outcome)
                : run.currentStage
                  ? `at ${readable(run.currentStage)}`
                  : ''}
            </td>
            <td>
              <ToldTime at={run.createdAt} told="ago" />
            </td>
            <td class="number">
              {run.startedAt && run.finishedAt ? took(run.startedAt, run.finishedAt) : ''}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
