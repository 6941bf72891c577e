import { RUN_STATUSES } from '../../../core/run.ts';
import { runStatusWord } from '../../../core/words/run.ts';
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
        chosen={wanted.status}
        options={RUN_STATUSES}
        wordOf={runStatusWord}
      />
      <Choice name="stack" label="Stack" chosen={wanted.stack} options={stacks} />
      <Choice name="pipeline" label="Pipeline" chosen={wanted.pipeline} options={pipelines} />
      <button type="submit">Show</button>
    </form>
  );
}

interface ChoiceProps {
  name: string;
  label: string;
  chosen: string | undefined;
  options: readonly string[];
  wordOf?: (option: string) => string;
}

function Choice({ name, label, chosen, options, wordOf = (option) => option }: ChoiceProps) {
  const shown = chosen === undefined || options.includes(chosen) ? options : [...options, chosen];
  return (
    <p>
      <label for={name}>{label}</label>
      <select id={name} name={name}>
        <option value="">all</option>
        {shown.map((option) => (
          <option value={option} selected={option === chosen}>
            {wordOf(option)}
          </option>
        ))}
      </select>
    </p>
  );
}
