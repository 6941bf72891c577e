import { type AttemptStep, grouped, successRate, sum, together } from '../../../core/metrics-series.ts';
import { count } from '../parts/figures.ts';
import type { StepAxis } from './plots/steps.ts';
import { Strip } from './plots/strip.tsx';
import { percent } from './words.ts';

interface ComponentsProps {
  attempts: readonly AttemptStep[];
  axis: StepAxis;
}

/** How recovery attempts went, component by component. */
export function Components({ attempts, axis }: ComponentsProps) {
  const components = grouped(
    attempts,
    ({ component }) => component,
    ({ total }) => total,
  ).map(([component, steps]) => ({ component, steps: byStep(steps) }));
  if (components.length === 0) return null;
  const max = Math.max(
    ...components.flatMap(({ steps }) => steps.map((step) => step.successful + step.failed)),
  );
  return (
    <section aria-labelledby="by-component">
      <h2 id="by-component">Success by component</h2>
      <div class="card strips">
        {components.map(({ component, steps }) => {
          const all = together(steps);
          return (
            <div>
              <p>
                <b>{component}</b>
                <span class="rate">{percent(successRate(all))}</span>
              </p>
              <Strip
                title={`Attempts for ${component} over time: ${all.successful} successful, ${all.failed} failed`}
                axis={axis}
                max={max}
                bars={steps.map(({ at, successful, failed }) => ({
                  at,
                  parts: [
                    { tone: 'ok', value: successful },
                    { tone: 'bad', value: failed },
                  ],
                  word: `${axis.nameOf(at)}: ${successful} successful, ${failed} failed`,
                }))}
              />
              <p class="hint sums">
                {count(all.successful)} successful, {count(all.failed)} failed
              </p>
            </div>
          );
        })}
        <Table components={components} axis={axis} />
      </div>
    </section>
  );
}

type Step = ReturnType<typeof together> & { at: number };

function byStep(attempts: readonly AttemptStep[]): Step[] {
  const steps = new Map<number, AttemptStep[]>();
  for (const attempt of attempts) steps.set(attempt.at, [...(steps.get(attempt.at) ?? []), attempt]);
  return [...steps].map(([at, found]) => ({ at, ...together(found) }));
}

interface TableProps {
  components: readonly { component: string; steps: readonly Step[] }[];
  axis: StepAxis;
}

function Table({ components, axis }: TableProps) {
  const steps = axis.steps.filter((at) =>
    components.some(({ steps }) => steps.some((step) => step.at === at)),
  );
  const at = (all: readonly Step[], when: number) => all.filter((step) => step.at === when);
  return (
    <details class="as-table">
      <summary>As a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">From (UTC)</th>
            {components.map(({ component }) => (
              <th scope="col" class="number">
                {component}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map((when) => (
            <tr>
              <th scope="row">{axis.nameOf(when)}</th>
              {components.map(({ steps }) => (
                <td class="number">
                  {sum(at(steps, when).map(({ successful }) => successful))} of{' '}
                  {sum(at(steps, when).map(({ successful, failed }) => successful + failed))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
