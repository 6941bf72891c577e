import { area, line } from 'd3-shape';
import type { DurationStats } from '../../../../core/metrics-series.ts';
import { duration } from '../../../../core/words/text.ts';
import { durationOrNone } from '../words.ts';
import { durationScale } from './duration-scale.ts';
import { labelled, type StepAxis } from './steps.ts';

type Step = DurationStats & { at: number };

interface DurationPlotProps {
  id: string;
  title: string;
  about: string;
  axis: StepAxis;
  durations: readonly Step[];
}

const HEIGHT = 168;
/** Above the highest line, for half a text. */
const TOP = 8;
const LABELS = 5;

/** How long something took over time: the median as a line, what 95 of 100 stayed below as a field above it. */
export function DurationPlot({ id, title, about, axis, durations }: DurationPlotProps) {
  const known = durations.flatMap(({ medianMs, p95Ms, ...step }) =>
    medianMs === null || p95Ms === null ? [] : [{ ...step, medianMs, p95Ms }],
  );
  return (
    <section class="card plot" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p class="hint">{about}</p>
      {known.length === 0 ? (
        <p class="nothing">It did not happen in this period.</p>
      ) : (
        <>
          <Picture id={id} title={title} axis={axis} known={known} />
          <p class="key" aria-hidden="true">
            <span class="key-line">median</span>
            <span class="key-field">95 in 100 took less</span>
          </p>
          <Table axis={axis} durations={durations} />
        </>
      )}
    </section>
  );
}

interface PictureProps {
  id: string;
  title: string;
  axis: StepAxis;
  known: readonly (Step & { medianMs: number; p95Ms: number })[];
}

function Picture({ id, title, axis: { steps, nameOf }, known }: PictureProps) {
  const scale = durationScale(
    known.flatMap(({ medianMs, p95Ms }) => [medianMs, p95Ms]),
    HEIGHT,
  );
  const x = (index: number) => (100 * (index + 0.5)) / steps.length;
  const found = steps.map((at) => known.find((step) => step.at === at) ?? null);
  const places = found.map((step, index) => ({ step, x: x(index) }));
  const shown = { defined: ({ step }: (typeof places)[number]) => step !== null };
  const median = ({ step }: (typeof places)[number]) => scale.y(step?.medianMs ?? 1);
  const p95 = ({ step }: (typeof places)[number]) => scale.y(step?.p95Ms ?? 1);
  const trend = line<(typeof places)[number]>(({ x }) => x, median).defined(shown.defined);
  const field = area<(typeof places)[number]>(({ x }) => x, median, p95).defined(shown.defined);
  return (
    <div class="picture">
      <svg class="y" height={HEIGHT + 16} width="100%" aria-hidden="true" focusable="false">
        {scale.ticks.map(({ word, y }) => (
          <text x="0" y={y + TOP + 4}>
            {word}
          </text>
        ))}
      </svg>
      <svg height={HEIGHT + 34} width="100%" role="img" aria-labelledby={`${id}-title ${id}-desc`}>
        <title id={`${id}-title`}>{title} over time</title>
        <desc id={`${id}-desc`}>{describe(known)}</desc>
        <g transform={`translate(0 ${TOP})`}>
          {scale.ticks.map(({ y }) => (
            <line class="guide" x1="0" x2="100%" y1={y} y2={y} />
          ))}
          <svg
            viewBox={`0 0 100 ${HEIGHT}`}
            preserveAspectRatio="none"
            width="100%"
            height={HEIGHT}
            aria-hidden="true"
          >
            <path class="field" d={field(places) ?? ''} />
            <path class="trend" d={trend(places) ?? ''} />
          </svg>
          {places.map(
            ({ step, x }) =>
              step && (
                <circle class="dot" cx={`${x.toFixed(2)}%`} cy={scale.y(step.medianMs)} r="3">
                  <title>{told(nameOf(step.at), step)}</title>
                </circle>
              ),
          )}
          <g class="x">
            {labelled(steps, LABELS).map(({ step, index }) => (
              <text x={`${x(index).toFixed(2)}%`} y={HEIGHT + 20} class={index === 0 ? 'first' : undefined}>
                {nameOf(step)}
              </text>
            ))}
          </g>
        </g>
      </svg>
    </div>
  );
}

function told(name: string, { medianMs, p95Ms, count }: PictureProps['known'][number]): string {
  return `${name}: median ${duration(medianMs)}, 95 in 100 below ${duration(p95Ms)}; ${count} times`;
}

function describe(known: PictureProps['known']): string {
  const medians = known.map(({ medianMs }) => medianMs);
  const last = medians.at(-1) ?? 0;
  return `The median lay between ${duration(Math.min(...medians))} and ${duration(Math.max(...medians))}; it was ${duration(last)} last. The table has all figures.`;
}

function Table({ axis, durations }: { axis: StepAxis; durations: readonly Step[] }) {
  return (
    <details class="as-table">
      <summary>As a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">From (UTC)</th>
            <th scope="col" class="number">
              How often
            </th>
            <th scope="col" class="number">
              Median
            </th>
            <th scope="col" class="number">
              95 in 100 below
            </th>
          </tr>
        </thead>
        <tbody>
          {durations.map(({ at, count, medianMs, p95Ms }) => (
            <tr>
              <th scope="row">{axis.nameOf(at)}</th>
              <td class="number">{count}</td>
              <td class="number">{durationOrNone(medianMs)}</td>
              <td class="number">{durationOrNone(p95Ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
