import { RUN_STATUSES } from '../../../core/run.ts';
import { runStatusWord } from '../../../core/words/run.ts';
import { Choice } from '../parts/choice.tsx';
import type { RunsQuery } from './routes.tsx';

interface FiltersProps {
  wanted: RunsQuery;
  stacks: readonly string[];
  pipelines: readonly string[];
}

/** What of the list is shown: a form that a browser sends by itself. */
export function Filters({ wanted, stacks, pipelines }: FiltersProps) {
  return (
    <form method="get" action="/runs" class="filters">
      <Choice
        name="status"
        label="State"
        none="all"
        chosen={wanted.status}
        options={RUN_STATUSES}
        wordOf={runStatusWord}
      />
      <Choice name="stack" label="Stack" none="all" chosen={wanted.stack} options={stacks} />
      <Choice name="pipeline" label="Pipeline" none="all" chosen={wanted.pipeline} options={pipelines} />
      <button type="submit">Show</button>
    </form>
  );
}
