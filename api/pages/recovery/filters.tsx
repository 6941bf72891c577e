import { PERIODS } from '../../../core/metrics-series.ts';
import { Choice } from '../parts/choice.tsx';

interface FiltersProps {
  /** Each as `<host>/<name>`. */
  stacks: readonly string[];
  stack: string | undefined;
  days: string;
}

/** Which stack is looked at, and how far back: a form that a browser sends by itself. */
export function Filters({ stacks, stack, days }: FiltersProps) {
  return (
    <form method="get" action="/recovery" class="filters">
      <Choice name="stack" label="Stack" chosen={stack} options={stacks} wordOf={stackWord} />
      <Choice
        name="days"
        label="Period"
        chosen={days}
        options={PERIODS.map((period) => `${period.days}`)}
        wordOf={(option) => (option === '1' ? 'the last 24 hours' : `the last ${option} days`)}
      />
      <button type="submit">Show</button>
    </form>
  );
}

function stackWord(stack: string): string {
  const [host = '', name = ''] = stack.split('/');
  return `${name} on ${host}`;
}
