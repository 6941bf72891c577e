import { type FailureStep, grouped, sum } from '../../../core/metrics-series.ts';
import { failureSentence } from '../../../core/words/failure.ts';
import { count } from '../parts/figures.ts';
import type { StepAxis } from './plots/steps.ts';
import { Strip } from './plots/strip.tsx';

interface FailuresProps {
  failures: readonly FailureStep[];
  axis: StepAxis;
}

const SHOWN_MAX = 8;

/** What broke most often, and when. */
export function Failures({ failures, axis }: FailuresProps) {
  const kinds = grouped(
    failures,
    ({ component, failure }) => `${component} ${failure}`,
    (step) => step.count,
  ).map(([, steps]) => steps);
  const shown = kinds.slice(0, SHOWN_MAX);
  const max = Math.max(...shown.flatMap((steps) => steps.map((step) => step.count)));
  return (
    <section aria-labelledby="failures">
      <h2 id="failures">Most common failures</h2>
      <div class="card strips">
        {shown.map((steps) => (
          <Kind steps={steps} axis={axis} max={max} />
        ))}
        {kinds.length > shown.length && (
          <p class="hint rest">
            {kinds.length - shown.length} further kinds,{' '}
            {count(sum(kinds.slice(SHOWN_MAX).flat().map(countOf)))} incidents
          </p>
        )}
        <Table kinds={kinds} />
      </div>
    </section>
  );
}

const countOf = (step: FailureStep) => step.count;

function Kind({ steps, axis, max }: { steps: readonly FailureStep[]; axis: StepAxis; max: number }) {
  const [first] = steps;
  if (!first) return null;
  const { component, failure } = first;
  const total = sum(steps.map(countOf));
  return (
    <div>
      <p>
        <span>
          {failureSentence(component, failure)} <code>{failure}</code>
        </span>
      </p>
      <Strip
        title={`${failure} of ${component} over time: ${total} incidents`}
        axis={axis}
        max={max}
        bars={steps.map((step) => ({
          at: step.at,
          parts: [{ tone: 'plain', value: step.count }],
          word: `${axis.nameOf(step.at)}: ${step.count}`,
        }))}
      />
      <p class="sums">
        <b>{count(total)}</b> <span class="hint">{total === 1 ? 'incident' : 'incidents'}</span>
      </p>
    </div>
  );
}

function Table({ kinds }: { kinds: readonly (readonly FailureStep[])[] }) {
  return (
    <details class="as-table">
      <summary>As a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Component</th>
            <th scope="col">Failure</th>
            <th scope="col" class="number">
              Incidents
            </th>
          </tr>
        </thead>
        <tbody>
          {kinds.map((steps) => (
            <tr>
              <th scope="row">{steps[0]?.component}</th>
              <td>
                <code>{steps[0]?.failure}</code>
              </td>
              <td class="number">{count(sum(steps.map(countOf)))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
