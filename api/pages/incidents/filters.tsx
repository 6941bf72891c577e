import { INCIDENT_STATUSES } from '../../../core/run.ts';
import { incidentStatusWord } from '../../../core/words/run.ts';
import { Choice } from '../parts/choice.tsx';
import type { IncidentsQuery } from './routes.tsx';

/** What of the list is shown: a form that a browser sends by itself. */
export function Filters({ wanted, stacks }: { wanted: IncidentsQuery; stacks: readonly string[] }) {
  return (
    <form method="get" action="/incidents" class="filters">
      <Choice
        name="status"
        label="State"
        none="all"
        chosen={wanted.status}
        options={INCIDENT_STATUSES}
        wordOf={incidentStatusWord}
      />
      <Choice name="stack" label="Stack" none="all" chosen={wanted.stack} options={stacks} />
      <button type="submit">Show</button>
    </form>
  );
}
