import {
  type AttemptStep,
  grouped,
  meanRecoveryMs,
  successRate,
  together,
} from '../../../core/metrics-series.ts';
import { strategyPhrase } from '../../../core/words/strategy.ts';
import { sentence } from '../../../core/words/text.ts';
import { count } from '../parts/figures.ts';
import { durationOrNone, percent } from './words.ts';

/** How often each strategy helped, and how fast. */
export function Strategies({ attempts }: { attempts: readonly AttemptStep[] }) {
  const strategies = grouped(
    attempts.filter(({ strategy }) => strategy !== 'none'),
    ({ strategy }) => strategy,
    ({ total }) => total,
  );
  if (strategies.length === 0) return null;
  return (
    <section aria-labelledby="strategies">
      <h2 id="strategies">What helped</h2>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Strategy</th>
            <th scope="col" class="number">
              Attempts
            </th>
            <th scope="col" class="number">
              Successful
            </th>
            <th scope="col" class="number">
              Took on average
            </th>
            <th scope="col">Success rate</th>
          </tr>
        </thead>
        <tbody>
          {strategies.map(([strategy, steps]) => {
            const all = together(steps);
            return (
              <tr>
                <th scope="row">
                  {sentence(strategyPhrase(strategy))} <code>{strategy}</code>
                </th>
                <td class="number">
                  <span class="narrow-only">attempts </span>
                  {count(all.total)}
                </td>
                <td class="number">
                  <span class="narrow-only">successful </span>
                  {count(all.successful)}
                </td>
                <td class="number">
                  <span class="narrow-only">took </span>
                  {durationOrNone(meanRecoveryMs(all))}
                </td>
                <td>
                  <Rate rate={successRate(all)} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Rate({ rate }: { rate: number | null }) {
  return (
    <span class="rate-bar">
      <svg width="100%" height="8" aria-hidden="true" focusable="false">
        <rect class="ground" width="100%" height="8" rx="4" />
        <rect class="ok" width={`${Math.round((rate ?? 0) * 100)}%`} height="8" rx="4" />
      </svg>
      {percent(rate)}
    </span>
  );
}
